import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import type { JobLog } from './job-log.ts';
import type { Uploads } from './uploads.ts';

const BATCH = 100;

export interface ExpiryOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly uploads: Pick<Uploads, 'forget'>;
  readonly clock: Clock;
  /** Ended jobs are removed this long after their last event. */
  readonly ttlMs: number;
}

/** Removes ended jobs that are older than the time to live, pictures first: a crash in between leaves no orphan. Returns how many. */
export async function expireJobs({ store, log, uploads, clock, ttlMs }: ExpiryOptions): Promise<number> {
  let removed = 0;
  for (;;) {
    const jobIds = await store.listExpired(clock.now() - ttlMs, BATCH);
    for (const jobId of jobIds) {
      await uploads.forget(jobId);
      await log.delete(jobId);
    }
    removed += jobIds.length;
    if (jobIds.length < BATCH) return removed;
  }
}
