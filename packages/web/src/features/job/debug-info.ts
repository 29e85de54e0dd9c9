import type { WatchState } from '@darkroom/client';

const iso = (ms: number | undefined): string => (ms === undefined ? 'never' : new Date(ms).toISOString());

/** What whoever looks into a problem wants to know first, as text. English in every language: it is for them. */
export function debugInfo(
  jobId: string,
  watch: WatchState,
  page: { readonly url: string; readonly agent: string },
): string {
  const { job, events, mode, phase, demotion, error } = watch;
  const lines: readonly (readonly [string, string | number | undefined])[] = [
    ['job', jobId],
    ['status', job?.status],
    ['attempt', job && `${job.attempt}/${job.maxAttempts}`],
    ['percent', job?.percent],
    ['last event seq', events.at(-1)?.seq ?? 0],
    ['server event seq', job?.lastEventSeq],
    ['mode', mode],
    ['phase', phase],
    ['demotion', demotion],
    ['poll interval ms', mode === 'poll' ? watch.pollIntervalMs : undefined],
    ['reconnect attempt', watch.reconnectAttempt],
    ['created', job?.createdAt],
    ['updated', job?.updatedAt],
    ['last message', iso(watch.lastMessageAt)],
    ['now', iso(Date.now())],
    ['provider', job?.provider],
    ['provider job', job?.upstreamId],
    ['providers that failed', job?.tried?.join(', ')],
    ['job error', job?.error && `${job.error.code}: ${job.error.message}`],
    ['connection error', error && `${error.code}: ${error.message}`],
    ['page', page.url],
    ['browser', page.agent],
  ];
  const known = lines.filter(([, value]) => value !== undefined);
  return ['Darkroom debug info', ...known.map(([name, value]) => `${name}: ${value}`)].join('\n');
}
