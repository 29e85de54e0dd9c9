import type { ApiError, Job, ProgressEvent, QueuePlace, TransportMode } from '@darkroom/protocol';

/** Where the reading of a job stands. The states of the progress page are read off it and off `job.status`. */
export type WatchPhase =
  /** Nothing is known of the job yet. */
  | 'loading'
  /** The job is known (or not yet); the first connection is being made. */
  | 'connecting'
  /** Events arrive as they happen, over `mode` `ws` or `sse`. */
  | 'live'
  /** Live updates are not available (or not wanted): the job is asked for every `pollIntervalMs`. */
  | 'polling'
  /** The connection was lost; the next try is at `retryAt`. */
  | 'reconnecting'
  /** The job is final and all its events are here. Nothing is open for it any more. */
  | 'ended'
  /** The server knows no such job, or refused it for good: see `error`. */
  | 'refused';

/** Why the transport in use is below WebSocket. */
export type DemotionReason =
  /** The better transport could not be opened, or is buffered by something in between. */
  | 'blocked'
  /** It worked and was lost. */
  | 'lost'
  /** The reader chose polling. */
  | 'chosen';

/** All that is known of a watched job: immutable, replaced whole on every change. */
export interface WatchState {
  readonly job: Job | undefined;
  /** Every event so far, in order of `seq`, without gaps. */
  readonly events: readonly ProgressEvent[];
  /** While the job waits, if the server told. */
  readonly queue: QueuePlace | undefined;
  readonly phase: WatchPhase;
  /** The transport in use, or being tried. */
  readonly mode: TransportMode;
  /** Why `mode` is not `ws`; undefined while it is. */
  readonly demotion: DemotionReason | undefined;
  /** Current cadence while polling: 2,000–15,000 ms. */
  readonly pollIntervalMs: number;
  /** Tries since the connection was lost; 0 while connected. */
  readonly reconnectAttempt: number;
  /** When the next try begins (client clock, ms), while `reconnecting`. */
  readonly retryAt: number | undefined;
  /** When anything last arrived from the server (client clock, ms). */
  readonly lastMessageAt: number | undefined;
  /** Why the job cannot be read, while `refused`; or the last failure of the network, for debug info. */
  readonly error: ApiError | undefined;
}

/** A job being watched: an async iterable of its events, and a store of its state. */
export interface JobWatch extends AsyncIterable<ProgressEvent> {
  readonly jobId: string;
  /** Calls `listener` after every change; returns its undo. Fits React's `useSyncExternalStore`. */
  subscribe(listener: () => void): () => void;
  getSnapshot(): WatchState;
  /** Try WebSocket again now, whatever is in use or waited for; ends a polling that was chosen. */
  reconnect(): void;
  /** Poll from now on, until `reconnect`. */
  switchToPolling(): void;
  /** Stop watching. Idempotent; the async iterators end. */
  close(): void;
}
