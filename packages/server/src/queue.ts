/** A waiting job, as the queue knows it. */
export interface QueueEntry {
  readonly jobId: string;
  /** Lower is served first. */
  readonly ticket: number;
  /** Names of the consumers that may take it. Entries with the same names are a lane: a queue may keep them together. */
  readonly backends: readonly string[];
}

export interface ConsumeOptions {
  /** It takes only entries that name it by one of these. */
  readonly names: readonly string[];
  /** Entries handed out at once. */
  readonly concurrency: number;
  /** Whether it would take the next entry of a lane now; asked whenever it has a hand free. Default: always. */
  readonly accepts?: (backends: readonly string[]) => boolean;
  /**
   * Does the work of one entry; resolves with the entry that is to be in line again, if the job is not over. Must not
   * throw: what goes wrong with a job is written in its log.
   */
  readonly run: (entry: QueueEntry) => Promise<QueueEntry | undefined>;
}

/** Somebody who takes entries off the queue. */
export interface Consumer {
  /** Entries it is working on. */
  readonly running: number;
  /** Asks `accepts` again: its answer may be another one now. */
  wake(): void;
  /** Takes no more; resolves when the work under way is done. Idempotent. */
  stop(): Promise<void>;
}

/**
 * The order in which jobs are served: among the entries that a consumer takes, first come (lowest ticket), first served,
 * each to exactly one consumer; of several with a hand free, the one that began to consume first. It holds names only and
 * may be lost: the store is the truth, and fills it again. While it cannot be reached nothing throws but `check`: what is
 * added then is added later by whoever compares it with the store, nobody is missing, and nobody has a place.
 */
export interface Queue {
  /** Puts a job in line. A job that is already in line, or being worked on, is left as it is. */
  add(entry: QueueEntry): Promise<void>;
  /** Takes a waiting job out of line. One that is not waiting is no error. */
  remove(jobId: string): Promise<void>;
  /** Gives waiting jobs other tickets, all at once. One that is not waiting is no error. */
  move(tickets: readonly Pick<QueueEntry, 'jobId' | 'ticket'>[]): Promise<void>;
  /** Which of these jobs are neither in line nor being worked on. */
  missing(jobIds: readonly string[]): Promise<readonly string[]>;
  consume(options: ConsumeOptions): Consumer;
  /** Jobs waiting. */
  size(): Promise<number>;
  /** Every waiting job's place, over all lanes: 1 = lowest ticket, unique, gapless. With `jobIds`: the places of those among them that wait. */
  places(jobIds?: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Calls `fn` when what was in line may be gone: whoever knows the truth fills it again. Returns its undo. */
  onLost(fn: () => void): () => void;
  /** Resolves if it can be used now, else throws. */
  check(): Promise<void>;
  close(): Promise<void>;
}
