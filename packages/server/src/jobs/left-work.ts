import type { Job, ProgressEvent } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Provider } from '../provider.ts';
import { isProviderError, ProviderError } from '../provider-error.ts';
import type { BackendPool } from './backend-pool.ts';
import type { JobLog } from './job-log.ts';
import { leftAlone } from './lost-run.ts';
import { pause } from './pause.ts';

export interface LeftWorkOptions {
  readonly log: JobLog;
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** Aborts the wait; `endLeftWork` then throws its reason. */
  readonly signal: AbortSignal;
}

/** How long a backend may be out of reach. */
const PATIENCE_MS = 30_000;
const AGAIN_MS = 1_000;

/** Whoever tries again by itself could make a second one. */
const LEFT = { mayStillRun: true };

/** The event that tells of the newest work that was begun and of which no picture is stored. */
async function findLeft(log: JobLog, job: Job): Promise<ProgressEvent | undefined> {
  let left: ProgressEvent | undefined;
  for (let seq = 0; seq < job.lastEventSeq; ) {
    const events = await log.readEvents(job.id, seq);
    for (const { event } of events) {
      if (event.upstreamId !== undefined) left = event;
      else if (event.resultUrls !== undefined) left = undefined;
    }
    seq = events.at(-1)?.event.seq ?? job.lastEventSeq;
  }
  return left;
}

/** Whether the backend could be asked. */
async function stop(provider: Provider, upstreamId: string, { clock, signal }: LeftWorkOptions): Promise<boolean> {
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    try {
      await provider.stopLeft?.(upstreamId, signal);
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!isProviderError(thrown) || clock.now() >= until) return false;
    }
    await pause(clock, AGAIN_MS, signal);
  }
}

/**
 * Before a job runs again: ends what its last run may have left at a backend, where that can be done, so that nothing is
 * made twice at once. Whoever ran it may be gone, may sleep, or could not take it back. Throws a `ProviderError` if the
 * backend cannot be asked; but a job that a person had run again runs: they were told.
 */
export async function endLeftWork(job: Job, options: LeftWorkOptions): Promise<void> {
  const { log, pool } = options;
  const { upstreamId, upstreamAt } = (await findLeft(log, job)) ?? {};
  const holder = pool.holderOf({ ...job, upstreamAt });
  const backend = pool.backends.find((one) => one === holder);
  // One that failed over says that nothing is left.
  if (upstreamId === undefined || backend?.provider.stopLeft === undefined || job.tried?.includes(backend.name)) return;
  if (await stop(backend.provider, upstreamId, options)) return;
  if (job.upstreamId !== undefined) throw new ProviderError('SERVER_ERROR', leftAlone(backend.name).message, LEFT);
}
