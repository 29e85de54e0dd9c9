import type { ApiError, JobStatus, PublicJob, QueuePlace, ResetReason } from '@darkroom/protocol';
import type { LoggedEvent } from '../../jobs/hot-jobs.ts';
import type { LiveTransport } from './live-counts.ts';

/** A job as it is and where its log stands; `json` is the job's, serialised once. */
export interface LiveSnapshot {
  readonly jobId: string;
  readonly job: PublicJob;
  readonly epoch: string;
  readonly head: number;
}

/** How messages look on one kind of connection, as bytes ready to be written. */
export interface LiveFormat {
  readonly transport: LiveTransport;
  /** Events of one job, contiguous; many readers ask for the same ones. */
  events(batch: readonly LoggedEvent[]): Buffer;
  snapshot(snapshot: LiveSnapshot): Buffer;
  reset(snapshot: LiveSnapshot, reason: ResetReason): Buffer;
  end(jobId: string, head: number, status: JobStatus): Buffer;
  queue(jobId: string, place: QueuePlace): Buffer;
  error(error: ApiError, jobId: string | undefined): Buffer;
  ping(now: number): Buffer;
  bye(afterMs: number): Buffer;
}

/**
 * Remembers the bytes of a batch for the next reader: readers of one job are mostly at the same place, so a turn's
 * batch is encoded once however many they are. Logged events are never changed, so their identity is a key.
 */
export function encodeOnce(
  encode: (batch: readonly LoggedEvent[]) => Buffer,
): (batch: readonly LoggedEvent[]) => Buffer {
  let first: LoggedEvent | undefined;
  let last: LoggedEvent | undefined;
  let bytes: Buffer | undefined;
  return (batch) => {
    if (bytes === undefined || batch[0] !== first || batch.at(-1) !== last) {
      first = batch[0];
      last = batch.at(-1);
      bytes = encode(batch);
    }
    return bytes;
  };
}
