import type { Job, Notice, ProgressEvent } from '@darkroom/protocol';
import { errorText } from '../../i18n/error-copy.ts';
import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';

/** What of a job its events do not repeat. */
export interface JobShape {
  /** Pictures it makes. */
  readonly count: number;
  readonly maxAttempts: number;
}

export function jobShape({ options, maxAttempts }: Job): JobShape {
  return { count: options?.count ?? 1, maxAttempts };
}

const withoutStop = (text: string) => text.replace(/[.!…\s]+$/, '');

/** The backend that the event at `index` tells of without naming it: the one that was started last. */
function providerAt(events: readonly ProgressEvent[], index: number): string {
  for (let at = index; at >= 0; at--) {
    const { provider, notice } = events[at] ?? {};
    const name = provider ?? notice?.provider;
    if (name !== undefined) return name;
  }
  return '';
}

/** Which picture is being made at `index`, from 1. */
function pictureAt(events: readonly ProgressEvent[], index: number): number {
  for (let at = index; at >= 0; at--) {
    const done = events[at]?.resultUrls?.length;
    if (done !== undefined) return done + 1;
  }
  return 1;
}

function noticeText({ kind, position, error, retry = 1, retries = 1, inMs = 0 }: Notice, provider: string): string {
  const reason = error === undefined ? '' : withoutStop(errorText(error));
  switch (kind) {
    case 'waiting':
      return position === undefined
        ? t('event.waiting', { provider })
        : t('event.waiting.place', { provider, position });
    case 'retry':
      return t('event.retry', { error: reason, duration: formatDuration(inMs), retry, retries });
    case 'failover':
      return t('event.failover', { provider, error: reason });
    case 'reattach':
      return t('event.reattached', { provider });
  }
}

/** Why a job is in the queue, from what it was before. */
function queuedText(event: ProgressEvent, before: ProgressEvent | undefined, { maxAttempts }: JobShape): string {
  const { attempt = 1, provider } = event;
  if (before === undefined) return t('event.queued');
  if (before.stage === 'failed') return t('event.retrying', { attempt, max: maxAttempts });
  if (provider !== undefined) return t('event.released.on', { provider });
  if (attempt === before.attempt) return t('event.released');
  return t('event.rescued', { attempt, max: maxAttempts });
}

function runningText(event: ProgressEvent, before: ProgressEvent | undefined, { count }: JobShape): string {
  const { provider, upstreamId, resultUrls, step, steps } = event;
  // Only work that is gone on with names its backend while it is in the queue.
  const isResumed = before?.stage === 'queued' && before.provider !== undefined;
  if (provider !== undefined) return t(isResumed ? 'event.resumed' : 'event.started', { provider });
  if (upstreamId !== undefined) return t('event.accepted');
  if (resultUrls !== undefined) return t('event.picture.done', { index: resultUrls.length, count });
  return step !== undefined && steps !== undefined ? t('event.step', { step, steps }) : t('event.generating');
}

/** Whether an event is about one of several pictures without naming it. */
function isOfPicture({ stage, provider, upstreamId, resultUrls, notice }: ProgressEvent): boolean {
  const known = provider ?? upstreamId ?? resultUrls;
  return stage === 'running' && known === undefined && (notice === undefined || notice.kind === 'waiting');
}

function plainText(events: readonly ProgressEvent[], index: number, event: ProgressEvent, shape: JobShape): string {
  if (event.notice !== undefined) return noticeText(event.notice, event.notice.provider ?? providerAt(events, index));
  const before = events[index - 1];
  switch (event.stage) {
    case 'queued':
      return queuedText(event, before, shape);
    case 'running':
      return runningText(event, before, shape);
    case 'uploading':
      return t('event.uploading');
    case 'completed':
      return t('event.completed');
    case 'cancelled':
      return t('event.cancelled');
    case 'failed':
      return event.error === undefined ? (event.message ?? '') : errorText(event.error);
  }
}

/** What the event at `index` says, in the reader's language: from its fields and those before it, not from its English message. */
export function eventText(events: readonly ProgressEvent[], index: number, shape: JobShape): string {
  const event = events[index];
  if (event === undefined) return '';
  const text = plainText(events, index, event, shape);
  if (shape.count === 1 || !isOfPicture(event)) return text;
  return t('event.picture', { index: pictureAt(events, index), count: shape.count, text });
}
