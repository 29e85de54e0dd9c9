/** Something happened to a job's log: its head is now at least `head`; undefined: the job is gone. */
export interface RelayNotice {
  readonly jobId: string;
  readonly head: number | undefined;
}

/**
 * Tells every process that shares the work of an append. A wake-up only: it carries no data, may be lost, repeated or
 * late, and a reader that misses one heals by itself at its next heartbeat.
 */
export interface Relay {
  publish(notice: RelayNotice): void;
  /** Returns its undo. */
  subscribe(listener: (notice: RelayNotice) => void): () => void;
  close(): Promise<void>;
}
