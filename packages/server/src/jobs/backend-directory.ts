import type { Clock } from '../clock.ts';
import type { Relay } from '../relay.ts';
import type { WorkerBackend, WorkerReport, WorkerStore } from '../worker-store.ts';
import type { BackendPool, RemoteBackend } from './backend-pool.ts';

/** How often the other processes' words are read, in milliseconds. */
const READ_MS = 5_000;
/** Backends of workers that were seen within this time are offered: a worker that is being replaced is soon back. */
const OFFERED_MS = 300_000;

export interface BackendDirectoryOptions {
  readonly workers: WorkerStore;
  readonly relay: Relay;
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** A worker that was silent for so long does not answer. */
  readonly takeOverAfterMs: number;
  /** The worker of this process, if it has one: its backends are known at first hand. */
  readonly ownId: string | undefined;
  readonly onFault: (fault: unknown) => void;
}

/** An open breaker whose time is over is half-open, whether its worker has said so or not. */
function asOf(status: WorkerBackend, now: number): WorkerBackend {
  const { retryAt, ...rest } = status;
  return retryAt !== undefined && Date.parse(retryAt) <= now ? { ...rest, breaker: 'half-open' } : status;
}

function backendsOf(
  { seenAt, backends }: WorkerReport,
  now: number,
  takeOverAfterMs: number,
): readonly RemoteBackend[] {
  const current = backends.map((status) => ({ ...asOf(status, now), seenAt }));
  if (now - seenAt <= takeOverAfterMs) return current;
  const gone = {
    silentMs: now - seenAt,
    ok: false,
    running: 0,
    reason: 'worker-silent',
    message: 'Its worker does not answer.',
  } as const;
  return current.map((status) => ({ ...status, ...gone }));
}

/** Tells the pool of the other processes' backends: now, when one of them says something, and every few seconds. Resolves with its undo. */
export async function followBackends(options: BackendDirectoryOptions): Promise<() => void> {
  const { workers, relay, pool, clock, takeOverAfterMs, ownId, onFault } = options;
  const read = async () => {
    const now = clock.now();
    const reports = await workers.list(now - OFFERED_MS);
    pool.hear(reports.filter(({ id }) => id !== ownId).flatMap((report) => backendsOf(report, now, takeOverAfterMs)));
  };
  let reading = read();
  await reading;
  // One after the other: an answer that comes late must not replace a newer one.
  const readAgain = () => {
    reading = reading.then(read).catch(onFault);
  };
  const undos = [
    relay.subscribe((notice) => {
      if ('workerId' in notice && notice.workerId !== ownId) readAgain();
    }),
    clock.every(READ_MS, readAgain),
  ];
  return () => {
    for (const undo of undos) undo();
  };
}
