import {
  applyEvent,
  canRetry,
  type Job,
  type JobError,
  type JobStatus,
  jobError,
  type ProgressEvent,
} from '@darkroom/protocol';

/** Everything that can happen to a job after it was made. `docs/state-machine.md` draws it. */
export type Change =
  /** A worker takes the job. */
  | { readonly type: 'start'; readonly provider: string }
  /** The provider's backend has taken the work under this id. */
  | { readonly type: 'accept'; readonly upstreamId: string }
  | {
      readonly type: 'progress';
      readonly percent: number;
      readonly step?: number;
      readonly steps?: number;
      readonly previewUrl?: string;
    }
  /** The provider is done; its pictures are being stored. */
  | { readonly type: 'upload' }
  | { readonly type: 'complete'; readonly resultUrls: readonly string[] }
  | { readonly type: 'fail'; readonly error: JobError }
  | { readonly type: 'cancel' }
  | { readonly type: 'retry' }
  /** A planned stop gives the work back: the same attempt, its place kept. */
  | { readonly type: 'release' }
  /** The worker is gone: the next attempt, or the end if there is none left. */
  | { readonly type: 'rescue' };

export type ChangeType = Change['type'];

/** The move is not in the state machine. */
export interface IllegalTransition {
  readonly status: JobStatus;
  readonly change: ChangeType;
  readonly message: string;
}

export type Transition =
  | { readonly ok: true; readonly job: Job; readonly event: ProgressEvent }
  | { readonly ok: false; readonly error: IllegalTransition };

/** The states each change may come from. */
export const ALLOWED_FROM: Readonly<Record<ChangeType, readonly JobStatus[]>> = {
  start: ['queued'],
  accept: ['running'],
  progress: ['running'],
  upload: ['running'],
  complete: ['uploading'],
  fail: ['queued', 'running', 'uploading'],
  cancel: ['queued', 'running', 'uploading'],
  retry: ['failed'],
  release: ['running', 'uploading'],
  rescue: ['running', 'uploading'],
};

type EventBody = Omit<ProgressEvent, 'id' | 'jobId' | 'seq' | 'ts'>;

const ordinal = (job: Job, attempt: number) => `attempt ${attempt} of ${job.maxAttempts}`;

function rescued(job: Job): EventBody {
  const attempt = job.attempt + 1;
  if (attempt <= job.maxAttempts) {
    return {
      stage: 'queued',
      attempt,
      message: `The server stopped while working; running again, ${ordinal(job, attempt)}`,
    };
  }
  const message = `The server stopped while working, ${job.maxAttempts} times`;
  return { stage: 'failed', attempt: job.attempt, message, error: jobError('SERVER_ERROR', message) };
}

function progressed(job: Job, change: Extract<Change, { type: 'progress' }>): EventBody {
  const { percent, step, steps, previewUrl } = change;
  return {
    stage: 'running',
    attempt: job.attempt,
    message: step === undefined || steps === undefined ? 'Generating' : `Step ${step} of ${steps}`,
    // Not a number (a backend that divides by zero) would make the job unreadable for good.
    percent: Number.isNaN(percent) ? (job.percent ?? 0) : Math.min(100, Math.max(0, percent)),
    ...(step !== undefined && { step }),
    ...(steps !== undefined && { steps }),
    ...(previewUrl !== undefined && { previewUrl }),
  };
}

function eventBody(job: Job, change: Change): EventBody {
  const { attempt } = job;
  switch (change.type) {
    case 'start':
      return {
        stage: 'running',
        attempt,
        message: `Started on ${change.provider}`,
        percent: 0,
        provider: change.provider,
      };
    case 'accept':
      return { stage: 'running', attempt, message: 'Accepted by the backend', upstreamId: change.upstreamId };
    case 'progress':
      return progressed(job, change);
    case 'upload':
      return { stage: 'uploading', attempt, message: 'Storing the picture', percent: 100 };
    case 'complete':
      return { stage: 'completed', attempt, message: 'Completed', percent: 100, resultUrls: [...change.resultUrls] };
    case 'fail':
      return { stage: 'failed', attempt, message: change.error.message, error: change.error };
    case 'cancel':
      return { stage: 'cancelled', attempt, message: 'Cancelled' };
    case 'retry':
      return { stage: 'queued', attempt: attempt + 1, message: `Retrying, ${ordinal(job, attempt + 1)}` };
    case 'release':
      return { stage: 'queued', attempt, message: 'The server is restarting; back in the queue' };
    case 'rescue':
      return rescued(job);
  }
}

/** Adds what every event has; `now` is in ms. */
export function toEvent(jobId: string, seq: number, now: number, body: EventBody): ProgressEvent {
  return { id: `${jobId}.${seq}`, jobId, seq, ts: new Date(now).toISOString(), ...body };
}

function refusal(job: Job, change: Change): string | undefined {
  if (!ALLOWED_FROM[change.type].includes(job.status)) return `A ${job.status} job cannot ${change.type}.`;
  if (change.type !== 'retry' || canRetry(job)) return undefined;
  if (job.error?.retryable !== true)
    return 'This failure cannot be retried: change the prompt or the settings instead.';
  return `All ${job.maxAttempts} attempts are used.`;
}

/** The job and its event after `change` at `now` (ms); or why that cannot be. Pure and total. */
export function transition(job: Job, change: Change, now: number): Transition {
  const message = refusal(job, change);
  if (message !== undefined) return { ok: false, error: { status: job.status, change: change.type, message } };
  const event = toEvent(job.id, job.lastEventSeq + 1, now, eventBody(job, change));
  return { ok: true, job: applyEvent(job, event), event };
}
