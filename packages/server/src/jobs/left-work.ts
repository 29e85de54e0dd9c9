import type { Job } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Provider } from '../provider.ts';
import { isProviderError } from '../provider-error.ts';
import type { BackendPool } from './backend-pool.ts';
import type { JobLog } from './job-log.ts';
import { pause } from './pause.ts';

export interface LeftWorkOptions {
  readonly log: JobLog;
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** Aborts the wait; `endLeftWork` then throws its reason. */
  readonly signal: AbortSignal;
}

/** How long a backend may be out of reach; then the job runs all the same. */
const PATIENCE_MS = 30_000;
const AGAIN_MS = 1_000;

/** The id of the newest work that was begun and of which no picture is stored. */
async function findLeft(log: JobLog, job: Job): Promise<string | undefined> {
  let upstreamId: string | undefined;
  for (let seq = 0; seq < job.lastEventSeq; ) {
    const events = await log.readEvents(job.id, seq);
    for (const { event } of events) upstreamId = event.upstreamId ?? (event.resultUrls ? undefined : upstreamId);
    seq = events.at(-1)?.event.seq ?? job.lastEventSeq;
  }
  return upstreamId;
}

async function stop(provider: Provider, upstreamId: string, { clock, signal }: LeftWorkOptions): Promise<void> {
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await provider.stopLeft?.(upstreamId, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!isProviderError(thrown) || clock.now() >= until) return;
    }
    await pause(clock, AGAIN_MS, signal);
  }
}

/**
 * Before a job runs again: ends what its last run may have left at a backend, where that can be done, so that nothing is
 * made twice at once. Whoever ran it may be gone, may sleep, or could not take it back.
 */
export async function endLeftWork(job: Job, options: LeftWorkOptions): Promise<void> {
  const { log, pool } = options;
  const backend = pool.backends.find(({ name }) => name === job.provider);
  // One that failed over says that nothing is left.
  if (backend?.provider.stopLeft === undefined || job.tried?.includes(backend.name)) return;
  const upstreamId = await findLeft(log, job);
  if (upstreamId !== undefined) await stop(backend.provider, upstreamId, options);
}
