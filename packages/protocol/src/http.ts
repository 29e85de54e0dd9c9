import * as z from 'zod/mini';
import { Job, JobOptions, ProgressEvent, QueuePlace } from './job.ts';
import { LIMITS } from './limits.ts';
import { ResetReason } from './messages.ts';

/** A prompt: trimmed, not empty, bounded, and free of control characters other than line breaks and tabs. */
export const Prompt = z
  .string()
  .check(
    z.trim(),
    z.minLength(1),
    z.maxLength(LIMITS.promptChars),
    z.regex(/^[^\p{Cc}]*(?:[\n\r\t][^\p{Cc}]*)*$/u, 'must not contain control characters'),
  );

/** Body of `POST /api/jobs`. */
export const CreateJobRequest = z.strictObject({
  prompt: Prompt,
  options: z.optional(z.strictObject(JobOptions.shape)),
});
export type CreateJobRequest = z.infer<typeof CreateJobRequest>;

/** Answer of `POST /api/jobs`, `…/retry` and `…/cancel`. */
export const JobResponse = z.object({ job: Job });
export type JobResponse = z.infer<typeof JobResponse>;

/** Answer of `GET /api/jobs/:jobId`: the job, its log's position, and the events after the number asked for. */
export const JobSnapshotResponse = z.object({
  job: Job,
  /** Which life of the log this is (rule P1). */
  epoch: z.string(),
  /** `seq` of the newest event. */
  head: z.int(),
  /** The events after `?after=`, oldest first, at most `eventsPerRead`. */
  events: z.array(ProgressEvent),
  /** More events are waiting: ask again at once. */
  more: z.boolean(),
  /** Set when the reader's position was not of this log: `events` then start from the first. */
  reset: z.optional(ResetReason),
  /** While the job waits. */
  queue: z.optional(QueuePlace),
});
export type JobSnapshotResponse = z.infer<typeof JobSnapshotResponse>;

/** Answer of `GET /api/jobs`: newest first; `nextCursor` is null on the last page. */
export const JobListResponse = z.object({ jobs: z.array(Job), nextCursor: z.nullable(z.string()) });
export type JobListResponse = z.infer<typeof JobListResponse>;

/** One generator behind the server, as `/api/health` tells it. */
export const ProviderHealth = z.object({
  name: z.string(),
  ok: z.boolean(),
  /** Jobs it runs at once. */
  concurrency: z.int(),
  /** Jobs it is running now. */
  running: z.int(),
  message: z.optional(z.string()),
});
export type ProviderHealth = z.infer<typeof ProviderHealth>;

/** Answer of `GET /api/health`: 200 when `ok`, else 503. */
export const HealthResponse = z.object({
  ok: z.boolean(),
  version: z.string(),
  /** Seconds since the start. */
  uptime: z.number(),
  /** Jobs waiting. */
  queued: z.int(),
  storage: z.object({ ok: z.boolean(), message: z.optional(z.string()) }),
  providers: z.array(ProviderHealth),
});
export type HealthResponse = z.infer<typeof HealthResponse>;
