import * as z from 'zod/mini';
import { JobError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A job's state. `docs/state-machine.md` draws the moves between them. */
export const JobStatus = z.enum(['queued', 'running', 'uploading', 'completed', 'failed', 'cancelled']);
export type JobStatus = z.infer<typeof JobStatus>;

/** How a reader gets its events: WebSocket, server-sent events, or polling. */
export const TransportMode = z.enum(['ws', 'sse', 'poll']);
export type TransportMode = z.infer<typeof TransportMode>;

/** Width and height of the square picture, in pixels. */
export const JobSize = z.enum(['512', '768', '1024']);
export type JobSize = z.infer<typeof JobSize>;

/** What may be asked of a job beside its prompt. What is missing gets the provider's default. */
export const JobOptions = z.object({
  /** Edge of the square picture in pixels; default 512. */
  size: z.optional(JobSize),
  /** Denoising steps, 5–50; default 20. */
  steps: z.optional(z.int().check(z.minimum(LIMITS.minSteps), z.maximum(LIMITS.maxSteps))),
  /** A style's name, for example `watercolour`; default: none, the prompt decides. */
  style: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(LIMITS.styleChars))),
  /** The picture's seed; the same prompt, seed and options give the same picture. Default: chosen at random and written into the job. */
  seed: z.optional(z.int().check(z.minimum(0), z.maximum(LIMITS.maxSeed))),
});
export type JobOptions = z.infer<typeof JobOptions>;

/** 128 random bits, base64url: 22 characters. Who has it may read the job and act on it. */
export const JobId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{22}$/, 'must be a job id: 22 characters of A–Z, a–z, 0–9, - and _'));

/** A request for pictures, and where it stands. Always the fold of its events (`applyEvent`). */
export const Job = z.object({
  id: z.string(),
  status: JobStatus,
  /** The run under way or last ended, from 1. */
  attempt: z.int(),
  /** Runs the job may have in all. */
  maxAttempts: z.int(),
  prompt: z.string(),
  options: z.optional(JobOptions),
  /** The pictures, once `completed`: paths on this server. */
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
  /** Name of the provider that runs or ran it. */
  provider: z.optional(z.string()),
});
export type Job = z.infer<typeof Job>;

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
  /** The stored pictures, on an event with stage `completed`. */
  resultUrls: z.optional(z.array(z.string())),
  /** Name of the provider, on the event that starts a run. */
  provider: z.optional(z.string()),
  /** The provider's own id of the work, written before it is waited for, so that a restarted server can re-attach. */
  upstreamId: z.optional(z.string()),
});
export type ProgressEvent = z.infer<typeof ProgressEvent>;

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
  epoch: z.optional(z.string().check(z.maxLength(32))),
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
