import type { DemotionReason, WatchState } from '@darkroom/client';
import { type ApiError, canRetry, type Job, type JobError, type TransportMode } from '@darkroom/protocol';

/** A try to connect to the server again: which one it is, and when it begins (client clock, ms). */
interface NextTry {
  readonly attempt: number;
  readonly retryAt: number | undefined;
}

/** Everything the progress page can be in. Each has its own banner, and a test in a browser. */
export type PageState =
  /** Nothing is known yet: skeletons. */
  | { readonly kind: 'loading' }
  /** The job is known; the first connection is being made. */
  | { readonly kind: 'connecting'; readonly mode: TransportMode; readonly blocked: boolean }
  /** Events arrive as they happen. */
  | { readonly kind: 'live'; readonly mode: TransportMode }
  /** Polling. */
  | { readonly kind: 'degraded'; readonly everySeconds: number; readonly reason: DemotionReason }
  /** The connection was lost, or (`blocked`) streams do not get through. */
  | ({ readonly kind: 'reconnecting'; readonly blocked: boolean } & NextTry)
  | { readonly kind: 'completed'; readonly pictures: number }
  | {
      readonly kind: 'failed-retryable';
      readonly error: JobError;
      readonly attempt: number;
      readonly maxAttempts: number;
    }
  /** `exhausted`: it could be retried, had it attempts left. */
  | {
      readonly kind: 'failed-final';
      readonly error: JobError;
      readonly exhausted: boolean;
      readonly maxAttempts: number;
    }
  | { readonly kind: 'cancelled'; readonly percent: number | undefined }
  /** There is no such job, or no longer. */
  | { readonly kind: 'not-found' }
  /** The server said no for another reason. */
  | { readonly kind: 'refused'; readonly error: ApiError }
  /** Nothing is known of the job, and the server does not answer. */
  | ({ readonly kind: 'unavailable' } & NextTry);

const UNKNOWN_ERROR: JobError = { code: 'SERVER_ERROR', message: '', retryable: false };

/** The state of a job that has come to an end, or undefined while it goes on. */
function outcome(job: Job): PageState | undefined {
  const { error = UNKNOWN_ERROR, attempt, maxAttempts } = job;
  switch (job.status) {
    case 'completed':
      return { kind: 'completed', pictures: job.resultUrls?.length ?? 0 };
    case 'cancelled':
      return { kind: 'cancelled', percent: job.percent };
    case 'failed':
      return canRetry(job)
        ? { kind: 'failed-retryable', error, attempt, maxAttempts }
        : { kind: 'failed-final', error, exhausted: error.retryable, maxAttempts };
    default:
      return undefined;
  }
}

function withoutJob(watch: WatchState): PageState {
  const { phase, error, reconnectAttempt: attempt, retryAt } = watch;
  if (phase === 'refused' && error !== undefined && error.code !== 'NOT_FOUND') return { kind: 'refused', error };
  if (phase === 'refused') return { kind: 'not-found' };
  const silent = phase === 'reconnecting' || (phase === 'polling' && error !== undefined);
  return silent ? { kind: 'unavailable', attempt, retryAt } : { kind: 'loading' };
}

/** What the page shows, from all that is known of a watched job. An outcome says more than the connection does. */
export function pageState(watch: WatchState): PageState {
  const { job, phase, mode, demotion, pollIntervalMs, reconnectAttempt, retryAt } = watch;
  if (job === undefined) return withoutJob(watch);
  if (phase === 'refused' && watch.error?.code === 'NOT_FOUND') return { kind: 'not-found' };
  const ended = outcome(job);
  if (ended !== undefined) return ended;
  switch (phase) {
    case 'live':
      return { kind: 'live', mode };
    case 'polling':
      return { kind: 'degraded', everySeconds: Math.round(pollIntervalMs / 1000), reason: demotion ?? 'lost' };
    case 'reconnecting':
      return { kind: 'reconnecting', blocked: demotion === 'blocked', attempt: reconnectAttempt, retryAt };
    default:
      return { kind: 'connecting', mode, blocked: demotion === 'blocked' };
  }
}
