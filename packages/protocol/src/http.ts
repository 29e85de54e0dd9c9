import * as z from 'zod/mini';
import { JobError } from './errors.ts';
import { JobOptions, JobSize, PublicEvent, PublicJob, QueuePlace } from './job.ts';
import { LIMITS } from './limits.ts';
import { ResetReason } from './messages.ts';
import { PicturePace } from './pace.ts';
import { textOf } from './text.ts';

/** A prompt: trimmed, not empty, bounded, and free of control characters other than line breaks and tabs. */
export const Prompt = textOf(1, LIMITS.promptChars);

/** Body of `POST /api/jobs`. */
export const CreateJobRequest = z.strictObject({
  prompt: Prompt,
  options: z.optional(z.strictObject(JobOptions.shape)),
});
export type CreateJobRequest = z.infer<typeof CreateJobRequest>;

/** Answer of `POST /api/jobs`, `…/retry` and `…/cancel`. */
export const JobResponse = z.object({ job: PublicJob });
export type JobResponse = z.infer<typeof JobResponse>;

/** Answer of `GET /api/jobs/:jobId`: the job, its log's position, and the events after the number asked for. */
export const JobSnapshotResponse = z.object({
  job: PublicJob,
  /** Which life of the log this is (rule P1). */
  epoch: z.string(),
  /** `seq` of the newest event. */
  head: z.int(),
  /** The events after `?after=`, oldest first, at most `eventsPerRead`. */
  events: z.array(PublicEvent),
  /** More events are waiting: ask again at once. */
  more: z.boolean(),
  /** Set when the reader's position was not of this log: `events` then start from the first. */
  reset: z.optional(ResetReason),
  /** While the job waits. */
  queue: z.optional(QueuePlace),
});
export type JobSnapshotResponse = z.infer<typeof JobSnapshotResponse>;

/** Answer of `GET /api/jobs`: newest first; `nextCursor` is null on the last page. */
export const JobListResponse = z.object({
  jobs: z.array(PublicJob),
  nextCursor: z.nullable(z.string()),
  /** Of one's own active jobs (rule R10): the places of those that wait, by job. */
  queue: z.optional(z.record(z.string(), QueuePlace)),
});
export type JobListResponse = z.infer<typeof JobListResponse>;

/** What a backend can do. A list that is null is not known (yet): any name is passed on to the backend. */
export const ProviderCapabilities = z.object({
  /** Edges of the square pictures it makes. */
  sizes: z.array(JobSize),
  /** Names it knows for `JobOptions.style`; empty: any text, which becomes part of the prompt. */
  styles: z.array(z.string()),
  /** Names it knows for `JobOptions.model`; empty: it cannot be chosen. */
  models: z.nullable(z.array(z.string())),
  /** Names it knows for `JobOptions.sampler`; empty: it cannot be chosen. */
  samplers: z.nullable(z.array(z.string())),
  /** Whether the number of denoising steps can be chosen; where not, it is ignored. */
  steps: z.boolean(),
  /** Whether the same seed gives the same picture; where not, it is ignored. */
  seed: z.boolean(),
  negativePrompt: z.boolean(),
  cfg: z.boolean(),
  /** Whether it can begin with a picture. */
  imageToImage: z.boolean(),
  /** Whether it tells how far it is. */
  progress: z.boolean(),
  /** Whether it sends previews. */
  previews: z.boolean(),
  /** Whether a restarted server can go on with work that is under way. */
  resume: z.boolean(),
  /**
   * Whether nothing of it is lost sight of when the server dies: its work ends with the server, or has its id in the job's
   * log before it begins. Then the server may run such a job again by itself. Where not (default), it could be made, and
   * billed, twice: the job fails and may be retried.
   */
  traceable: z._default(z.boolean(), false),
  /** What cancelling running work does: `stops` it, or only `detaches` from it (it may end, and be billed). */
  cancel: z.enum(['stops', 'detaches']),
});
export type ProviderCapabilities = z.infer<typeof ProviderCapabilities>;

/** A failure of a backend, newest first in its status. */
export const ProviderFailure = z.object({ at: z.string(), error: JobError });
export type ProviderFailure = z.infer<typeof ProviderFailure>;

/** What is wrong with a backend, or worth knowing of it, in a word that has a text in every language. */
export const HealthReason = z.enum([
  /** There is no answer. */
  'unreachable',
  /** It answers, and does not take requests as they are: a key, a password, a switch. */
  'refused',
  /** It answers with an error of its own. */
  'failing',
  /** Nobody has looked yet. */
  'unasked',
  /** The worker in front of it is not heard of. */
  'worker-silent',
  /** It does not have the model it was configured with. */
  'model-missing',
  /** It has no model that could be used. */
  'no-models',
  /** It does not tell which models it has. */
  'models-untold',
]);
export type HealthReason = z.infer<typeof HealthReason>;

/** One backend: its health, load and abilities, as `/api/providers` and `/api/health` tell them. */
export const ProviderStatus = z.object({
  /** Name in jobs and for `JobOptions.provider`. */
  name: z.string(),
  /** Which adapter it is, for example `forge`. */
  kind: z.string(),
  /** It answers, and its breaker is not open. */
  ok: z.boolean(),
  /** What is wrong, or worth knowing. */
  reason: z.optional(HealthReason),
  /** The same in a sentence, more precise, in English. */
  message: z.optional(z.string()),
  /** Jobs it runs at once. */
  concurrency: z.int(),
  /** Jobs it is running now. */
  running: z.int(),
  /** Longest time one picture may take there, milliseconds. */
  timeoutMs: z.optional(z.int()),
  /** `open`: it failed so often that it rests; `half-open`: the next job tries it. */
  breaker: z.enum(['closed', 'open', 'half-open']),
  /** When an open breaker lets a job through again, ISO 8601. */
  retryAt: z.optional(z.string()),
  capabilities: ProviderCapabilities,
  /** Mean time of its recent pictures, milliseconds; missing until there is one. */
  meanMs: z.optional(z.number()),
  /** The same by size and steps, of those made lately. */
  paces: z.optional(z.array(PicturePace)),
  recentFailures: z.array(ProviderFailure),
});
export type ProviderStatus = z.infer<typeof ProviderStatus>;

/** Answer of `GET /api/providers`: the backends in order of preference. */
export const ProvidersResponse = z.object({ providers: z.array(ProviderStatus) });
export type ProvidersResponse = z.infer<typeof ProvidersResponse>;

/** Answer of `POST /api/uploads`: the picture as it is kept. */
export const UploadResponse = z.object({
  upload: z.object({
    /** For `JobOptions.image`. */
    url: z.string(),
    width: z.int(),
    height: z.int(),
    /** When it is removed, ISO 8601. */
    expiresAt: z.string(),
  }),
});
export type UploadResponse = z.infer<typeof UploadResponse>;

const HealthPart = z.object({ ok: z.boolean(), message: z.optional(z.string()) });

/** Answer of `GET /api/health`: 200 when `ok`, else 503. */
export const HealthResponse = z.object({
  ok: z.boolean(),
  version: z.string(),
  /** Seconds since the start. */
  uptime: z.number(),
  /** Jobs waiting. */
  queued: z.int(),
  storage: HealthPart,
  /** The server goes on without them: `ok` does not depend on these two. */
  queue: z.optional(HealthPart),
  relay: z.optional(HealthPart),
  providers: z.array(ProviderStatus),
});
export type HealthResponse = z.infer<typeof HealthResponse>;
