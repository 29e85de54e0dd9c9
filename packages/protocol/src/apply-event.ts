import type { Job, ProgressEvent } from './job.ts';

/** A new attempt starts with a clean slate: what belonged to the last one is dropped from the job (not from the log). */
function withoutAttempt({ percent: _p, previewUrl: _u, error: _e, resultUrls: _r, ...kept }: Job): Job {
  return kept;
}

/**
 * The job after one more event: pure, and the only definition of what events mean. Server and clients both fold
 * with it, so they cannot disagree. Events must come in order; the caller checks `event.seq === job.lastEventSeq + 1`.
 */
export function applyEvent(job: Job, event: ProgressEvent): Job {
  const newAttempt = event.stage === 'queued' && event.seq > 1;
  const base = newAttempt ? withoutAttempt(job) : job;
  const { error: _error, ...rest } = base;
  return {
    ...rest,
    status: event.stage,
    attempt: event.attempt ?? job.attempt,
    lastEventSeq: event.seq,
    updatedAt: event.ts,
    ...(event.percent !== undefined && { percent: event.percent }),
    ...(event.previewUrl !== undefined && { previewUrl: event.previewUrl }),
    ...(event.resultUrls !== undefined && { resultUrls: event.resultUrls }),
    ...(event.provider !== undefined && { provider: event.provider }),
    ...(event.error !== undefined && { error: event.error }),
  };
}
