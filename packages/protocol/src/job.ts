import * as z from 'zod/mini';
import { JobError } from './errors.ts';
import { Epoch } from './ids.ts';
import { LIMITS } from './limits.ts';
import { lineOf, textOf } from './text.ts';

/** A job's state. `docs/state-machine.md` draws the moves between them. */
export const JobStatus = z.enum(['queued', 'running', 'uploading', 'completed', 'failed', 'cancelled']);
export type JobStatus = z.infer<typeof JobStatus>;

/** How a reader gets its events: WebSocket, server-sent events, or polling. */
export const TransportMode = z.enum(['ws', 'sse', 'poll']);
export type TransportMode = z.infer<typeof TransportMode>;

/** Width and height of the square picture, in pixels. */
export const JobSize = z.enum(['512', '768', '1024']);
export type JobSize = z.infer<typeof JobSize>;

const Name = lineOf(LIMITS.nameChars);

/** Address of a picture on this server that a job may begin with. */
export const ImagePath = z
  .string()
  .check(
    z.regex(
      /^\/api\/(?:uploads\/(?:[\w-]{30}|[\w-]{22})|jobs\/[\w-]{22}\/(?:images|frames|inputs)\/[\w-]{1,80}\.(?:png|jpg|webp))$/,
      'must be the address of an upload or of a job’s picture, such as /api/uploads/…',
    ),
  );

/** What may be asked of a job beside its prompt. What is missing gets the provider's default. */
export const JobOptions = z.object({
  /** Edge of the square picture in pixels; default 512. */
  size: z.optional(JobSize),
  /** Denoising steps, 5–50; default 20. */
  steps: z.optional(z.int().check(z.minimum(LIMITS.minSteps), z.maximum(LIMITS.maxSteps))),
  /** A style's name, for example `watercolour`; default: none, the prompt decides. */
  style: z.optional(lineOf(LIMITS.styleChars)),
  /** The picture's seed; the same prompt, seed and options give the same picture. Default: chosen at random and written into the job. */
  seed: z.optional(z.int().check(z.minimum(0), z.maximum(LIMITS.maxSeed))),
  /** What should not be seen. */
  negativePrompt: z.optional(textOf(0, LIMITS.negativePromptChars)),
  /** Classifier-free guidance scale, 0–30: how closely the prompt is followed. Default: the backend's. */
  cfg: z.optional(z.number().check(z.minimum(0), z.maximum(LIMITS.maxCfg))),
  /** Sampler, by the backend's name for it. Default: the backend's. */
  sampler: z.optional(Name),
  /** Model, by the backend's name for it. Default: the one that is loaded or configured. */
  model: z.optional(Name),
  /** Pictures, 1–4; default 1. The second has the seed plus 1, and so on. */
  count: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.maxCount))),
  /** Name of the backend that is to do it. Default: whichever can, by preference and free capacity; with a failing over to the next. */
  provider: z.optional(Name),
  /** Image-to-image: the picture to begin with, an address on this server: an upload, or a picture of a job. In a job: its own copy. */
  image: z.optional(ImagePath),
  /** Image-to-image: how far the result may leave the picture, from 0 (not at all) to 1; default 0.6. */
  strength: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
});
export type JobOptions = z.infer<typeof JobOptions>;

/** The options of a job that exists: earlier versions accepted texts that a request may not contain any more. */
const KeptOptions = z.extend(JobOptions, {
  style: z.optional(z.string()),
  negativePrompt: z.optional(z.string()),
  sampler: z.optional(z.string()),
  model: z.optional(z.string()),
  provider: z.optional(z.string()),
});

/** A request for pictures, and where it stands. Always the fold of its events (`applyEvent`). */
export const Job = z.object({
  id: z.string(),
  status: JobStatus,
  /** The run under way or last ended, from 1. */
  attempt: z.int(),
  /** Runs the job may have in all. */
  maxAttempts: z.int(),
  prompt: z.string(),
  options: z.optional(KeptOptions),
  /** The pictures stored so far, all of them once `completed`: paths on this server. */
  resultUrls: z.optional(z.array(z.string())),
  /** `seq` of the newest event. */
  lastEventSeq: z.int(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** ISO 8601; the newest event's time. */
  updatedAt: z.string(),
  /** Progress of this attempt, 0–100, best effort. */
  percent: z.optional(z.number()),
  /** The newest preview of this attempt: a path on this server. */
  previewUrl: z.optional(z.string()),
  /** Why it failed, while `failed`. */
  error: z.optional(JobError),
  /** Name of the backend that runs or ran it. */
  provider: z.optional(z.string()),
  /** The backend's own id of the picture under way. */
  upstreamId: z.optional(z.string()),
  /** Which backend that is: a digest of its address, since two machines may each have one of the same `provider` name. Not in a `PublicJob`. */
  upstreamAt: z.optional(z.string()),
  /** Backends that failed in this attempt, in order: it is not given to them again. */
  tried: z.optional(z.array(z.string())),
});
export type Job = z.infer<typeof Job>;

/** What a person should know of a run beside its progress. */
export const Notice = z.object({
  kind: z.enum([
    /** The backend has it in a queue of its own, at `position` (1 = next) where it tells. */
    'waiting',
    /** It failed with `error` in a way that passes; try `retry` of `retries` follows in `inMs` milliseconds. */
    'retry',
    /** `provider` failed with `error`; another backend is to do it. */
    'failover',
    /** The server was restarted; it goes on watching the work at `provider`, nothing is made twice. */
    'reattach',
  ]),
  provider: z.optional(z.string()),
  position: z.optional(z.int()),
  retry: z.optional(z.int()),
  retries: z.optional(z.int()),
  inMs: z.optional(z.int()),
  error: z.optional(JobError),
});
export type Notice = z.infer<typeof Notice>;

/** One line of a job's log. Numbered from 1 without gaps, across attempts; never changed once written. */
export const ProgressEvent = z.object({
  /** `<jobId>.<seq>`: unique everywhere. */
  id: z.string(),
  jobId: z.string(),
  seq: z.int().check(z.minimum(1)),
  /** When it was written, ISO 8601. */
  ts: z.string(),
  /** The job's state after this event. */
  stage: JobStatus,
  /** What happened, for people, in English. */
  message: z.optional(z.string()),
  /** 0–100, best effort. */
  percent: z.optional(z.number().check(z.minimum(0), z.maximum(100))),
  /** A preview that belongs to this event: a path on this server. */
  previewUrl: z.optional(z.string()),
  /** Why the job failed, on an event with stage `failed`. */
  error: z.optional(JobError),
  /** The attempt this event begins or belongs to. */
  attempt: z.optional(z.int()),
  /** Denoising step just done. */
  step: z.optional(z.int()),
  /** Denoising steps in all. */
  steps: z.optional(z.int()),
  /** The pictures stored so far, on an event that adds one. */
  resultUrls: z.optional(z.array(z.string())),
  /** Name of the provider, on the event that starts a run. */
  provider: z.optional(z.string()),
  /** The provider's own id of the work, written before it is waited for, so that a restarted server can re-attach. */
  upstreamId: z.optional(z.string()),
  /** Beside `upstreamId`: which backend has the work (`Job.upstreamAt`). Not in a `PublicEvent`. */
  upstreamAt: z.optional(z.string()),
  /** What happened between the job and its backends, for people and programs. */
  notice: z.optional(Notice),
});
export type ProgressEvent = z.infer<typeof ProgressEvent>;

/** A job as everyone sees it who has its link. An address could be found from its digest by trying, so the server keeps that to itself. */
export const PublicJob = z.omit(Job, { upstreamAt: true });
export type PublicJob = z.infer<typeof PublicJob>;

/** An event as everyone sees it who has its job's link. */
export const PublicEvent = z.omit(ProgressEvent, { upstreamAt: true });
export type PublicEvent = z.infer<typeof PublicEvent>;

/** A job or an event as it is shown: `PublicJob`, `PublicEvent`. */
export function withoutAddress<T extends Pick<Job, 'upstreamAt'>>({
  upstreamAt: _at,
  ...shown
}: T): Omit<T, 'upstreamAt'> {
  return shown;
}

/** A waiting job's place in line (1 = next) and, where it can be told, the time until its picture. */
export const QueuePlace = z.object({
  position: z.int(),
  etaMs: z.optional(z.number()),
});
export type QueuePlace = z.infer<typeof QueuePlace>;

/**
 * Where a reader stands in a job's log. `epoch` names one life of the log: it is renewed when the log is restored
 * or rewritten, and a reader of another epoch is reset. `seq` is the last event the reader has; 0 = none.
 */
export const Position = z.object({
  epoch: z.optional(Epoch),
  seq: z.int().check(z.minimum(0)),
});
export type Position = z.infer<typeof Position>;

/** Whether a failed job may be run again by a person. */
export function canRetry(job: Job): boolean {
  return job.status === 'failed' && job.error?.retryable === true && job.attempt < job.maxAttempts;
}

/** Whether a job can still be stopped. */
export function canCancel(job: Job): boolean {
  return job.status === 'queued' || job.status === 'running' || job.status === 'uploading';
}

/** Whether no further event can come. A failed job that may be retried is not final: its readers stay. */
export function isFinal(job: Job): boolean {
  return !canCancel(job) && !canRetry(job);
}
