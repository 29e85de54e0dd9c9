/** Something happened to a job's log: its head is now at least `head`; undefined: the job is gone. */
export interface JobNotice {
  readonly jobId: string;
  readonly head: number | undefined;
}

/** Something happened in a conversation that its owner's readers should know (rule M8). */
export interface ConversationNotice {
  readonly conversationId: string;
  readonly owner: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** A worker has something new to say of its backends (`WorkerStore`). */
export interface WorkerNotice {
  readonly workerId: string;
}

export type RelayNotice = JobNotice | ConversationNotice | WorkerNotice;

/**
 * Tells every process that shares the work of an append, of a conversation's news, or of a worker's. A wake-up only: it
 * carries no data, may be lost, repeated or late, and a reader that misses one heals by itself at its next heartbeat.
 */
export interface Relay {
  publish(notice: RelayNotice): void;
  /** Returns its undo. */
  subscribe(listener: (notice: RelayNotice) => void): () => void;
  /** Resolves if other processes can be told now, else throws. */
  check(): Promise<void>;
  close(): Promise<void>;
}
