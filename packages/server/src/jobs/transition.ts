import {
  applyEvent,
  canRetry,
  type Job,
  type JobError,
  type JobStatus,
  jobError,
  type Notice,
  type ProgressEvent,
} from '@darkroom/protocol';

/** Everything that can happen to a job after it was made. `docs/state-machine.md` draws it. */
export type Change =
  /** A worker takes the job (and holds it, if it names itself). `resumes`: to go on with the work at its backend (`upstreamId`) instead of submitting it. */
  | { readonly type: 'start'; readonly provider: string; readonly resumes?: boolean; readonly worker?: string }
  /** The provider's backend has taken the work under this id. */
  | { readonly type: 'accept'; readonly upstreamId: string; readonly upstreamAt?: string }
  /** The backend has it in a queue of its own; `position` 1 = next. */
  | { readonly type: 'wait'; readonly position?: number }
  /** The try at hand failed with `error`; the same backend is to try again in `inMs` milliseconds. */
  | {
      readonly type: 'repeat';
      readonly error: JobError;
      readonly retry: number;
      readonly retries: number;
      readonly inMs: number;
    }
  | {
      readonly type: 'progress';
      /** Of the picture at hand; missing: as before. */
      readonly percent?: number;
      readonly step?: number;
      readonly steps?: number;
      readonly previewUrl?: string;
    }
  /** A picture is stored and others are still to be made; `resultUrls` are all so far. */
  | { readonly type: 'picture'; readonly resultUrls: readonly string[] }
  /** The provider is done; the last picture is being stored. */
  | { readonly type: 'upload' }
  | { readonly type: 'complete'; readonly resultUrls: readonly string[] }
  /** `previewUrl`: what is shown in the picture's place. */
  | { readonly type: 'fail'; readonly error: JobError; readonly previewUrl?: string }
  /** The backend failed with `error`; another one is to do it: the same attempt, its place kept. */
  | { readonly type: 'failover'; readonly error: JobError }
  | { readonly type: 'cancel' }
  | { readonly type: 'retry' }
  /** A planned stop gives the work back: the same attempt, its place kept. `reattach`: the backend was left working on it. */
  | { readonly type: 'release'; readonly reattach?: boolean }
  /** The worker is gone: the next attempt, or the end if there is none left; with `resumed` work the same attempt goes on. */
  | { readonly type: 'rescue'; readonly left?: LeftWork };

/**
 * What a run that is gone has left at its backend: `nothing` (default); work that is to be `resumed` there, or `ended`
 * there before it is done again. Then only that backend gets the job.
 */
export type LeftWork = 'nothing' | 'resumed' | 'ended';

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
  wait: ['running'],
  repeat: ['running'],
  progress: ['running'],
  picture: ['running'],
  upload: ['running'],
  complete: ['uploading'],
  fail: ['queued', 'running', 'uploading'],
  failover: ['running', 'uploading'],
  cancel: ['queued', 'running', 'uploading'],
  retry: ['failed'],
  release: ['running', 'uploading'],
  rescue: ['running', 'uploading'],
};

/** What an event says, without what every event has. */
export type EventBody = Omit<ProgressEvent, 'id' | 'jobId' | 'seq' | 'ts'>;

const ordinal = (job: Job, attempt: number) => `attempt ${attempt} of ${job.maxAttempts}`;

/** Which work the backend was left with. */
function leftWith({ upstreamId, upstreamAt }: Pick<Job, 'upstreamId' | 'upstreamAt'>): Partial<EventBody> {
  return { ...(upstreamId !== undefined && { upstreamId }), ...(upstreamAt !== undefined && { upstreamAt }) };
}

/** The event's share in going on with work that the backend was left with. */
function reattached(job: Job): Partial<EventBody> {
  return { ...(job.provider !== undefined && { provider: job.provider }), ...leftWith(job) };
}

function noticeOf(job: Job, notice: Notice): Notice {
  return { ...notice, ...(job.provider !== undefined && { provider: job.provider }) };
}

/** Percent of the whole job when `percent` of the picture at hand is done. */
function overallPercent({ options, resultUrls }: Job, percent: number): number {
  const count = options?.count ?? 1;
  const share = (100 * (resultUrls?.length ?? 0) + Math.min(100, Math.max(0, percent))) / count;
  return Math.min(100, Math.round(share * 10) / 10);
}

/** “Picture 2 of 4 · ” where a job makes several. */
function pictureOf({ options, resultUrls }: Job): string {
  const count = options?.count ?? 1;
  return count === 1 ? '' : `Picture ${(resultUrls?.length ?? 0) + 1} of ${count} · `;
}

const upTo = (text: string) => text.replace(/[.!…\s]+$/, '');

function rescued(job: Job, left: LeftWork): EventBody {
  if (left === 'resumed') {
    return {
      stage: 'queued',
      attempt: job.attempt,
      message: `The server stopped while working; going on with the work at ${job.provider}`,
      notice: noticeOf(job, { kind: 'reattach' }),
      ...reattached(job),
    };
  }
  const attempt = job.attempt + 1;
  if (attempt <= job.maxAttempts) {
    return {
      stage: 'queued',
      attempt,
      message: `The server stopped while working; running again, ${ordinal(job, attempt)}`,
      ...(left === 'ended' && leftWith(job)),
    };
  }
  const message = `The server stopped while working, ${job.maxAttempts} times`;
  return { stage: 'failed', attempt: job.attempt, message, error: jobError('SERVER_ERROR', message) };
}

function released(job: Job, reattach: boolean): EventBody {
  const { attempt } = job;
  if (!reattach) return { stage: 'queued', attempt, message: 'The server is restarting; back in the queue' };
  const message = `The server is restarting; ${job.provider} goes on meanwhile`;
  return { stage: 'queued', attempt, message, ...reattached(job) };
}

function started(job: Job, provider: string, resumes: boolean): EventBody {
  const message = resumes ? `Going on with the work at ${provider}` : `Started on ${provider}`;
  return { stage: 'running', attempt: job.attempt, message, percent: overallPercent(job, 0), provider };
}

function waiting(job: Job, position: number | undefined): EventBody {
  const place = position === undefined ? '' : `, at position ${position}`;
  return {
    stage: 'running',
    attempt: job.attempt,
    message: `${pictureOf(job)}Waiting for ${job.provider}${place}`,
    notice: noticeOf(job, { kind: 'waiting', ...(position !== undefined && { position }) }),
  };
}

function repeated(job: Job, { error, retry, retries, inMs }: Extract<Change, { type: 'repeat' }>): EventBody {
  const seconds = Math.round(inMs / 100) / 10;
  return {
    stage: 'running',
    attempt: job.attempt,
    message: `${upTo(error.message)}; trying again in ${seconds} s (${retry} of ${retries})`,
    percent: overallPercent(job, 0),
    notice: noticeOf(job, { kind: 'retry', retry, retries, inMs, error }),
  };
}

function progressed(job: Job, change: Extract<Change, { type: 'progress' }>): EventBody {
  const { percent, step, steps, previewUrl } = change;
  const known = step !== undefined && steps !== undefined;
  return {
    stage: 'running',
    attempt: job.attempt,
    message: `${pictureOf(job)}${known ? `Step ${step} of ${steps}` : 'Generating'}`,
    // Not a number (a backend that divides by zero) would make the job unreadable for good.
    percent: percent === undefined || Number.isNaN(percent) ? (job.percent ?? 0) : overallPercent(job, percent),
    ...(step !== undefined && { step }),
    ...(steps !== undefined && { steps }),
    ...(previewUrl !== undefined && { previewUrl }),
  };
}

function pictured(job: Job, resultUrls: readonly string[]): EventBody {
  const urls = [...resultUrls];
  return {
    stage: 'running',
    attempt: job.attempt,
    message: `Picture ${urls.length} of ${job.options?.count ?? 1} is done`,
    percent: overallPercent({ ...job, resultUrls: urls }, 0),
    resultUrls: urls,
  };
}

function failedOver(job: Job, error: JobError): EventBody {
  return {
    stage: 'queued',
    attempt: job.attempt,
    message: `${job.provider} failed: ${upTo(error.message)}. Another backend is to do it`,
    notice: noticeOf(job, { kind: 'failover', error }),
  };
}

function failed({ attempt }: Job, { error, previewUrl }: Extract<Change, { type: 'fail' }>): EventBody {
  const body: EventBody = { stage: 'failed', attempt, message: error.message, error };
  return previewUrl === undefined ? body : { ...body, previewUrl };
}

function eventBody(job: Job, change: Change): EventBody {
  const { attempt } = job;
  switch (change.type) {
    case 'start':
      return started(job, change.provider, change.resumes ?? false);
    case 'accept':
      return { stage: 'running', attempt, message: 'Accepted by the backend', ...leftWith(change) };
    case 'wait':
      return waiting(job, change.position);
    case 'repeat':
      return repeated(job, change);
    case 'progress':
      return progressed(job, change);
    case 'picture':
      return pictured(job, change.resultUrls);
    case 'upload':
      return { stage: 'uploading', attempt, message: 'Storing the picture', percent: 100 };
    case 'complete':
      return { stage: 'completed', attempt, message: 'Completed', percent: 100, resultUrls: [...change.resultUrls] };
    case 'fail':
      return failed(job, change);
    case 'failover':
      return failedOver(job, change.error);
    case 'cancel':
      return { stage: 'cancelled', attempt, message: 'Cancelled' };
    case 'retry':
      return { stage: 'queued', attempt: attempt + 1, message: `Retrying, ${ordinal(job, attempt + 1)}` };
    case 'release':
      return released(job, change.reattach ?? false);
    case 'rescue':
      return rescued(job, change.left ?? 'nothing');
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
