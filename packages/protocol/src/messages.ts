import * as z from 'zod/mini';
import { ApiError } from './errors.ts';
import { Epoch, JobId } from './ids.ts';
import { JobStatus, PublicEvent, PublicJob } from './job.ts';

/** What a client may say on a socket (rules W1–W6 of PROTOCOL.md). */
export const ClientMessage = z.discriminatedUnion('type', [
  /** Read a job from after `afterSeq` (none: from the beginning). Again for the same job: the cursor is replaced. */
  z.object({
    type: z.literal('subscribe'),
    jobId: JobId,
    afterSeq: z.optional(z.int().check(z.minimum(0))),
    epoch: z.optional(Epoch),
  }),
  z.object({ type: z.literal('unsubscribe'), jobId: JobId }),
  /** Answered with `pong` at once. */
  z.object({ type: z.literal('ping') }),
  /** The answer to the server's `ping`. */
  z.object({ type: z.literal('pong') }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** Why a reader was put back to the beginning of the log. */
export const ResetReason = z.enum(['epoch', 'ahead', 'expired']);
export type ResetReason = z.infer<typeof ResetReason>;

/** First event of an SSE stream, and the heart of `subscribed`: the job as it is now, and where its log stands. */
export const Snapshot = z.object({
  job: PublicJob,
  epoch: Epoch,
  /** `seq` of the newest event. */
  head: z.int(),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** What a server says on a socket. SSE carries the same payloads under the same names (rule S2). */
export const ServerMessage = z.discriminatedUnion('type', [
  /** First message of every socket. */
  z.object({
    type: z.literal('hello'),
    connectionId: z.string(),
    heartbeatMs: z.int(),
    maxSubscriptions: z.int(),
    /** The server's clock, ms since the epoch. */
    now: z.number(),
  }),
  z.object({ type: z.literal('subscribed'), jobId: z.string(), job: PublicJob, epoch: Epoch, head: z.int() }),
  z.object({ type: z.literal('event'), event: PublicEvent }),
  /** Several events of one job, contiguous. */
  z.object({ type: z.literal('events'), jobId: z.string(), events: z.array(PublicEvent) }),
  z.object({ type: z.literal('queue'), jobId: z.string(), position: z.int(), etaMs: z.optional(z.number()) }),
  /** Forget what you have of this job: its events follow from the first. */
  z.object({
    type: z.literal('reset'),
    jobId: z.string(),
    reason: ResetReason,
    job: PublicJob,
    epoch: Epoch,
    head: z.int(),
  }),
  /** A conversation of this socket's identity changed, or is gone: read it again (rule M8). */
  z.object({ type: z.literal('conversation'), conversationId: z.string(), updatedAt: z.string() }),
  /** The job's last event was sent; the subscription is gone. */
  z.object({ type: z.literal('end'), jobId: z.string(), head: z.int(), status: JobStatus }),
  /** About one subscription (`jobId`) or one message; the socket stays. */
  z.object({ type: z.literal('error'), jobId: z.optional(z.string()), error: ApiError }),
  z.object({ type: z.literal('ping'), now: z.number() }),
  z.object({ type: z.literal('pong'), now: z.number() }),
  /** The server is about to close; come back after `afterMs`. */
  z.object({ type: z.literal('bye'), afterMs: z.int() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/** Close codes. 4000–4399: come back, by the backoff. 4400–4499: stop, the same would happen again. */
export const CLOSE = {
  /** Planned restart, announced by `bye`. */
  shutdown: 4000,
  /** No message in either direction for too long. */
  silent: 4001,
  /** The reader took no byte for `readerStallMs`. */
  slow: 4002,
  /** Too many messages in too short a time. One that is too large closes with the standard's 1009. */
  flood: 4400,
} as const;

/** Whether a socket closed with `code` should be opened again. Codes of the WebSocket standard (1000–2999) allow it. */
export function mayReconnect(code: number): boolean {
  return code < 4400 || code > 4499;
}
