import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { IncidentLog } from './incident-log.ts';
import type { BackendPool } from './jobs/backend-pool.ts';
import { expireJobs } from './jobs/expiry.ts';
import type { JobLog } from './jobs/job-log.ts';
import type { JobQuota } from './jobs/job-quota.ts';
import type { PutBack } from './jobs/put-back.ts';
import { endStuckJobs } from './jobs/stuck-guard.ts';
import type { Uploads } from './jobs/uploads.ts';
import type { Worker } from './jobs/worker.ts';
import type { Queue } from './queue.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { Store } from './store.ts';

const EXPIRY_MS = 60_000;
/** Who watches a job hears within two of these what another process wrote, whatever becomes of the relay. */
const CATCH_UP_MS = 1_000;
/** How often the queue is compared with the store: where something may be missing, and all of it. */
const PUT_BACK_MS = 30_000;
const PUT_ALL_BACK_MS = 3_600_000;
/** How often the jobs of addresses that have ended are removed from the count, in milliseconds. */
const PRUNE_MS = 60_000;

/** What is maintained, and by whom. */
export interface Maintained {
  readonly store: Store;
  readonly log: JobLog;
  readonly pool: BackendPool;
  readonly queue: Queue;
  readonly uploads: Uploads;
  readonly quota: JobQuota;
  readonly putBack: PutBack;
  readonly clock: Clock;
  readonly incidents: IncidentLog;
  /** Undefined: this process runs no jobs. */
  readonly worker: Worker | undefined;
  /** Undefined: this is the only process. */
  readonly redis: RedisConnection | undefined;
}

/** What is done now and then, from now on; returns its undo. What goes wrong is only logged: the next time tries again. */
export function startMaintenance(
  parts: Maintained,
  { jobTtlMs, stuckAfterMs, stuckCheckMs }: Pick<Config, 'jobTtlMs' | 'stuckAfterMs' | 'stuckCheckMs'>,
): () => void {
  const { clock, incidents, uploads, quota } = parts;
  const repeat = (everyMs: number, what: string, work: () => Promise<unknown>) => {
    const run = () => void work().catch((thrown: unknown) => incidents.fail(thrown, `${what} failed`));
    run();
    return clock.every(everyMs, run);
  };
  const undos = [
    repeat(EXPIRY_MS, 'expiry of uploads', () => uploads.expire()),
    repeat(PRUNE_MS, 'the count of jobs by address', () => quota.prune()),
  ];
  if (jobTtlMs !== undefined) undos.push(repeat(EXPIRY_MS, 'expiry', () => expireJobs({ ...parts, ttlMs: jobTtlMs })));
  if (stuckAfterMs !== undefined)
    undos.push(repeat(stuckCheckMs, 'the search for stuck jobs', () => endStuckJobs({ ...parts, stuckAfterMs })));
  if (parts.redis !== undefined)
    undos.push(repeat(CATCH_UP_MS, 'catching up with other processes', () => parts.log.catchUp()));
  if (parts.redis !== undefined && parts.worker !== undefined) {
    const { putBack } = parts;
    const putAllBack = () =>
      void putBack.all().catch((thrown: unknown) => incidents.fail(thrown, 'the queue is not compared'));
    undos.push(
      repeat(PUT_BACK_MS, 'the comparison of the queue with the store', () => putBack.some()),
      clock.every(PUT_ALL_BACK_MS, putAllBack),
      parts.queue.onLost(putAllBack),
    );
  }
  return () => {
    for (const undo of undos) undo();
  };
}
