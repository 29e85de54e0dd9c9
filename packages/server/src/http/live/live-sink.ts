import type { CloseReason } from './live-counts.ts';

/** Where a connection's bytes go. */
export interface LiveSink {
  /** Bytes accepted but not yet taken by the network. */
  readonly bufferedBytes: number;
  /** False: the network is behind, and the connection's `drained` is called when it has caught up. */
  write(bytes: Buffer): boolean;
  /** Stops reading what the client sends (`true`), or resumes (`false`). */
  holdInput(isHeld: boolean): void;
  /** Called when a job this connection read has ended, or cannot be read. True: so does the connection. */
  ended(jobId: string): boolean;
  /** Ends the connection after what was written; `stalled` cuts it. */
  close(reason: CloseReason): void;
}
