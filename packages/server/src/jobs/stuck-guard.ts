import { jobError } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import type { BackendPool } from './backend-pool.ts';
import type { JobLog } from './job-log.ts';

/** Far more than run at once. */
const BATCH = 10_000;
const MINUTE_MS = 60_000;

export interface StuckGuardOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** A job under way that says nothing for this long is ended. */
  readonly stuckAfterMs: number;
}

const inWords = (ms: number) =>
  ms === MINUTE_MS
    ? '1 minute'
    : ms < MINUTE_MS
      ? `${Math.round(ms / 1_000)} s`
      : `${Math.round(ms / MINUTE_MS)} minutes`;

/**
 * Ends jobs under way that give no sign of life (C11); returns how many. Whoever runs one loses its claim by that, aborts
 * its provider, and the backend is free again. A provider that tells no progress is silent for as long as it works, so it
 * has its own time limit besides; and what a backend keeps in a queue of its own is not stuck: its turn has not come.
 */
export async function endStuckJobs({ store, log, pool, clock, stuckAfterMs }: StuckGuardOptions): Promise<number> {
  const now = clock.now();
  const error = jobError('PROVIDER_TIMEOUT', `No progress for ${inWords(stuckAfterMs)}.`);
  let ended = 0;
  for (const { job } of await store.listIdle(now - stuckAfterMs, BATCH)) {
    const backend = pool.get(job.provider);
    const silentMs = backend?.capabilities.progress === false ? (backend.timeoutMs ?? 0) : 0;
    if (Date.parse(job.updatedAt) + stuckAfterMs + silentMs > now) continue;
    const [last] = await log.readEvents(job.id, job.lastEventSeq - 1);
    if (last?.event.notice?.kind === 'waiting') continue;
    // If it says something in this moment, the head has moved, and it lives.
    const { outcome } = await log.append(job.id, job.lastEventSeq, { type: 'fail', error });
    if (outcome === 'appended') ended++;
  }
  return ended;
}
