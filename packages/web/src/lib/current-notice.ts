import type { Job, Notice, ProgressEvent } from '@darkroom/protocol';

/** What a run says beside its progress, and when it said so. */
export interface CurrentNotice extends Notice {
  /** ISO 8601. */
  readonly since: string;
}

/** Whether an event shows that the run has gone on since. */
function goesOn({ step, previewUrl, resultUrls }: ProgressEvent): boolean {
  return step !== undefined || previewUrl !== undefined || resultUrls !== undefined;
}

/** A retry that has begun is no longer waited for. */
function isOver({ kind }: Notice, since: readonly ProgressEvent[]): boolean {
  return kind === 'retry' && since.some(({ upstreamId }) => upstreamId !== undefined);
}

/** The newest notice of a run that is under way, until the run goes on. */
export function currentNotice(job: Job, events: readonly ProgressEvent[]): CurrentNotice | undefined {
  if (job.status !== 'queued' && job.status !== 'running') return undefined;
  const at = events.findLastIndex((event) => event.notice !== undefined || goesOn(event));
  const event = events[at];
  if (event?.notice === undefined || (event.attempt ?? job.attempt) !== job.attempt) return undefined;
  return isOver(event.notice, events.slice(at + 1)) ? undefined : { ...event.notice, since: event.ts };
}
