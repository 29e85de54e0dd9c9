import type { Job, ProgressEvent } from '@darkroom/protocol';
import type { ConversationStore, Idempotency, MessageChange, NewTurn } from './conversation-store.ts';
import type { WorkerStore } from './worker-store.ts';

export type { Idempotency } from './conversation-store.ts';

/** A job as it is kept: what readers see, and what only the server needs. */
export interface JobRecord {
  readonly job: Job;
  /** Names this life of the job's log (rule P1). */
  readonly epoch: string;
  /** Place in the order of arrival: lower is served first. Renewed by a retry, kept by a rescue. */
  readonly ticket: number;
  /** The identity that made it; undefined: nobody's. Never told. */
  readonly owner?: string | undefined;
  /** The conversation that shows it. */
  readonly conversationId?: string | undefined;
  /** The worker that holds it; undefined while nobody does. */
  readonly worker?: string | undefined;
}

/** Where a job comes from. */
export interface JobOrigin {
  readonly owner?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
  /** The messages that ask for it and carry its state; its key takes the place of `idempotency`. */
  readonly turn?: NewTurn | undefined;
}

/** Which jobs are listed. */
export interface JobFilter {
  readonly owner: string;
  /** Only those that are not over. */
  readonly active: boolean;
}

/** A waiting job and its place in the order of arrival. */
export interface JobTicket {
  readonly jobId: string;
  readonly ticket: number;
}

export type CreateResult =
  | { readonly outcome: 'created'; readonly record: JobRecord }
  /** The key was used before; `sameRequest` says whether for the same request. */
  | { readonly outcome: 'exists'; readonly record: JobRecord; readonly sameRequest: boolean }
  /** The turn's key was used for something else, or its conversation is gone. */
  | { readonly outcome: 'refused'; readonly reason: 'idempotency-conflict' | 'no-conversation' };

export interface AppendWrite {
  /** The job after the event; `job.lastEventSeq === event.seq`. */
  readonly job: Job;
  readonly event: ProgressEvent;
  /** Give the job a new ticket: it goes to the end of the line. */
  readonly newTicket: boolean;
  /** The worker that holds the job from now on; undefined: as before, and nobody once it is neither running nor uploading. */
  readonly worker?: string | undefined;
  /** For the job's message, if it has one: merged into it in the same transaction. */
  readonly message?: MessageChange | undefined;
}

/** A job and the end of its log. */
export interface JobTail {
  readonly record: JobRecord;
  /** In order; the last one is the record's head, unless there are none. */
  readonly events: readonly ProgressEvent[];
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Pass it to get the next page; undefined on the last. */
  readonly nextCursor: string | undefined;
}

/**
 * Where jobs and their logs are kept; the truth of the system. A promise that resolves means "on disk": it survives
 * a crash of the process and of the machine. Writes of one turn share one transaction; one that the storage refuses fails
 * alone. Anything that goes wrong in the storage itself is a `StorageError`, and then nothing was written, unless its
 * message says that this is not known.
 */
export interface Store {
  /** Conversations, in the same storage. */
  readonly conversations: ConversationStore;
  /** The processes that run jobs, in the same storage. */
  readonly workers: WorkerStore;
  /** Whether other processes may use it at the same time. */
  readonly isShared: boolean;
  /** Makes the job with its first event (`seq` 1) and its turn, or finds the one made under the same idempotency key. */
  createJob(job: Job, epoch: string, event: ProgressEvent, origin?: JobOrigin): Promise<CreateResult>;
  /** The job that was made under this key before, as `createJob` would find it. */
  findCreated(idempotency: Idempotency): Promise<CreateResult | undefined>;
  /**
   * Appends the event and replaces the job, together, if the log's head is `event.seq - 1`; returns the record, or
   * undefined if the head is elsewhere or the job is gone: somebody else wrote first. Several events of a job may be
   * appended without waiting: if one of them is not, those that follow on it are not either.
   */
  append(write: AppendWrite): Promise<JobRecord | undefined>;
  readJob(jobId: string): Promise<JobRecord | undefined>;
  /** The heads of these jobs' logs, for those who watch many and must ask; a job that is missing is gone. */
  readHeads(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The job and the newest of its events with `seq > afterSeq`, at most `limit`, as they were at one moment. */
  readTail(jobId: string, afterSeq: number, limit: number): Promise<JobTail | undefined>;
  /** At most `limit` events with `seq > afterSeq`, in order. Empty for an unknown job. */
  readEvents(jobId: string, afterSeq: number, limit: number): Promise<readonly ProgressEvent[]>;
  /** Newest first. An unknown cursor is a `RangeError`. */
  listJobs(limit: number, cursor?: string, filter?: JobFilter): Promise<JobPage>;
  /** Every job of this owner's that is queued, running or uploading, in order of ticket. */
  listUnfinished(owner: string): Promise<readonly JobRecord[]>;
  /** Number of this owner's jobs that are queued, running or uploading. */
  countUnfinished(owner: string): Promise<number>;
  /** At most `limit` queued jobs with a higher ticket than `after`, in order of ticket: for those who go through all of them, however many there are. */
  listWaiting(after: number, limit: number): Promise<readonly JobTicket[]>;
  /** These jobs, in no order; one that is missing is gone. */
  readJobs(jobIds: readonly string[]): Promise<readonly JobRecord[]>;
  /** At most `limit` running or uploading jobs last updated before `before` (ms), those idle longest first. */
  listIdle(before: number, limit: number): Promise<readonly JobRecord[]>;
  /** At most `limit` running or uploading jobs whose worker has left, or was last seen before `before` (ms), in order of ticket. */
  listAbandoned(before: number, limit: number): Promise<readonly JobRecord[]>;
  /**
   * Puts an owner's queued job before another of the same owner's, or (null) behind all of them, by giving these jobs
   * their own tickets in another order. Answers all of them in that order; undefined if one of the two is not queued.
   */
  moveJob(owner: string, jobId: string, before: string | null): Promise<readonly JobTicket[] | undefined>;
  /** The value kept under this name, for good: this one, if there is none yet. */
  keepOnce(name: string, value: string): Promise<string>;
  /** The value kept under this name; undefined: none. */
  readSetting(name: string): Promise<string | undefined>;
  /** Removes what is kept under this name; a store in a file of its own leaves no trace of it there. Idempotent. */
  eraseSetting(name: string): Promise<void>;
  /**
   * Takes what may be taken once: true for the first who asks, in whatever process, and false for all others until `until`
   * (ms). What was taken with an `until` before `now` (ms) is forgotten.
   */
  takeOnce(name: string, until: number, now: number): Promise<boolean>;
  /** Ids of at most `limit` ended jobs last updated before `before` (ms). */
  listExpired(before: number, limit: number): Promise<readonly string[]>;
  /** Removes a job and its log. Idempotent. */
  deleteJob(jobId: string): Promise<void>;
  /** Resolves if the store can be written to, else throws a `StorageError`. */
  check(): Promise<void>;
  /** Waits for writes under way. Idempotent. */
  close(): Promise<void>;
}
