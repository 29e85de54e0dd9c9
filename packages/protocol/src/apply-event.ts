import type { Job, ProgressEvent } from './job.ts';

/** Back in the queue, what belonged to the run is dropped from the job (not from the log). Pictures it has stay: they are not made twice. */
function withoutRun({ percent: _p, previewUrl: _u, error: _e, upstreamId: _i, upstreamAt: _a, ...kept }: Job): Job {
  return kept;
}

function withoutTried({ tried: _t, ...kept }: Job): Job {
  return kept;
}

/** The backend's id of the picture under way ends with the picture, with the try, or when another backend begins. */
function endsUpstream(job: Job, { resultUrls, notice, provider }: ProgressEvent): boolean {
  return resultUrls !== undefined || notice?.kind === 'retry' || (provider !== undefined && provider !== job.provider);
}

function baseOf(job: Job, event: ProgressEvent): Job {
  const base = event.stage === 'queued' ? withoutRun(job) : job;
  return (event.attempt ?? job.attempt) === job.attempt ? base : withoutTried(base);
}

/**
 * The job after one more event: pure, and the only definition of what events mean. Server and clients both fold
 * with it, so they cannot disagree. Events must come in order; the caller checks `event.seq === job.lastEventSeq + 1`.
 */
export function applyEvent(job: Job, event: ProgressEvent): Job {
  const { error: _error, upstreamId, upstreamAt, ...rest } = baseOf(job, event);
  const kept = endsUpstream(job, event) ? {} : { upstreamId, upstreamAt };
  const upstream = event.upstreamId === undefined ? kept : event;
  const failedOver = event.notice?.kind === 'failover' ? event.notice.provider : undefined;
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
    ...(upstream.upstreamId !== undefined && { upstreamId: upstream.upstreamId }),
    ...(upstream.upstreamAt !== undefined && { upstreamAt: upstream.upstreamAt }),
    ...(failedOver !== undefined && { tried: [...(rest.tried ?? []), failedOver] }),
  };
}
