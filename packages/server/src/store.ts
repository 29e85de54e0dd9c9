import type { Job, ProgressEvent } from '@darkroom/protocol';

/** A job as it is kept: what readers see, and what only the server needs. */
export interface JobRecord {
  readonly job: Job;
  /** Names this life of the job's log (rule P1). */
  readonly epoch: string;
  /** Place in the order of arrival: lower is served first. Renewed by a retry, kept by a rescue. */
  readonly ticket: number;
}

/** Lets `createJob` recognise a repeated request. */
export interface Idempotency {
  readonly key: string;
  /** Digest of the request; another digest under the same key is a conflict. */
  readonly digest: string;
}

export type CreateResult =
  | { readonly outcome: 'created'; readonly record: JobRecord }
  /** The key was used before; `sameRequest` says whether for the same request. */
  | { readonly outcome: 'exists'; readonly record: JobRecord; readonly sameRequest: boolean };

export interface AppendWrite {
  /** The job after the event; `job.lastEventSeq === event.seq`. */
  readonly job: Job;
  readonly event: ProgressEvent;
  /** Give the job a new ticket: it goes to the end of the line. */
  readonly newTicket: boolean;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Pass it to get the next page; undefined on the last. */
  readonly nextCursor: string | undefined;
}

/**
 * Where jobs and their logs are kept; the truth of the system. A promise that resolves means "on disk": it survives
 * a crash of the process and of the machine. Writes of one turn share one transaction. Anything that goes wrong in
 * the storage itself is a `StorageError`, and then nothing was written.
 */
export interface Store {
  /** Makes the job with its first event (`seq` 1), or finds the one made under the same idempotency key. */
  createJob(job: Job, epoch: string, event: ProgressEvent, idempotency?: Idempotency): Promise<CreateResult>;
  /** The job that was made under this key before, as `createJob` would find it. */
  findCreated(idempotency: Idempotency): Promise<CreateResult | undefined>;
  /**
   * Appends the event and replaces the job, together, if the log's head is `event.seq - 1`; returns the record, or
   * undefined if the head is elsewhere or the job is gone: somebody else wrote first.
   */
  append(write: AppendWrite): Promise<JobRecord | undefined>;
  readJob(jobId: string): Promise<JobRecord | undefined>;
  /** At most `limit` events with `seq > afterSeq`, in order. Empty for an unknown job. */
  readEvents(jobId: string, afterSeq: number, limit: number): Promise<readonly ProgressEvent[]>;
  /** Newest first. An unknown cursor is a `RangeError`. */
  listJobs(limit: number, cursor?: string): Promise<JobPage>;
  /** Every job that is queued, running or uploading, in order of ticket. */
  listUnfinished(): Promise<readonly JobRecord[]>;
  /** At most `limit` running or uploading jobs last updated before `before` (ms), those idle longest first. */
  listIdle(before: number, limit: number): Promise<readonly JobRecord[]>;
  /** Ids of at most `limit` ended jobs last updated before `before` (ms). */
  listExpired(before: number, limit: number): Promise<readonly string[]>;
  /** Removes a job and its log. Idempotent. */
  deleteJob(jobId: string): Promise<void>;
  /** Resolves if the store can be written to, else throws a `StorageError`. */
  check(): Promise<void>;
  /** Waits for writes under way. Idempotent. */
  close(): Promise<void>;
}
