/** A waiting job, as the queue knows it. */
export interface QueueEntry {
  readonly jobId: string;
  /** Lower is served first. */
  readonly ticket: number;
}

export interface ConsumeOptions {
  /** Entries handed out at once. */
  readonly concurrency: number;
  /** Does the work of one entry. Must not throw: what goes wrong with a job is written in its log. */
  readonly run: (entry: QueueEntry) => Promise<void>;
}

/** Somebody who takes entries off the queue. */
export interface Consumer {
  /** Entries it is working on. */
  readonly running: number;
  /** Takes no more; resolves when the work under way is done. Idempotent. */
  stop(): Promise<void>;
}

/**
 * The order in which jobs are served: first come (lowest ticket), first served, each to exactly one consumer. It holds
 * ids only and may be lost: the store is the truth, and fills it again.
 */
export interface Queue {
  /** Puts a job in line. A job that is already in line, or being worked on, is left as it is. */
  add(entry: QueueEntry): Promise<void>;
  /** Takes a waiting job out of line. One that is not waiting is no error. */
  remove(jobId: string): Promise<void>;
  consume(options: ConsumeOptions): Consumer;
  /** Jobs waiting. */
  size(): Promise<number>;
  /** Every waiting job's place: 1 = next, unique, gapless. */
  places(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}
