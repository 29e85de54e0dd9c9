import type { ProviderStatus } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { WorkerReport, WorkerStore } from '../worker-store.ts';
import type { BackendPool } from './backend-pool.ts';
import { SILENT_MS } from './worker.ts';

/** How often the other processes' words are read, in milliseconds. */
const READ_MS = 5_000;
/** Backends of workers that were seen within this time are offered: a worker that is being replaced is soon back. */
const OFFERED_MS = 300_000;

export interface BackendDirectoryOptions {
  readonly workers: WorkerStore;
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** The worker of this process, if it has one: its backends are known at first hand. */
  readonly ownId: string | undefined;
  readonly onFault: (fault: unknown) => void;
}

function backendsOf({ seenAt, backends }: WorkerReport, now: number): readonly ProviderStatus[] {
  if (now - seenAt <= SILENT_MS) return backends;
  return backends.map((status) => ({ ...status, ok: false, running: 0, message: 'Its worker does not answer.' }));
}

/** Tells the pool of the other processes' backends, now and every few seconds; resolves with its undo. */
export async function followBackends(options: BackendDirectoryOptions): Promise<() => void> {
  const { workers, pool, clock, ownId, onFault } = options;
  const read = async () => {
    const now = clock.now();
    const reports = await workers.list(now - OFFERED_MS);
    pool.hear(reports.filter(({ id }) => id !== ownId).flatMap((report) => backendsOf(report, now)));
  };
  await read();
  return clock.every(READ_MS, () => void read().catch(onFault));
}
