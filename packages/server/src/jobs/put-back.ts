import type { Queue } from '../queue.ts';
import type { JobRecord, Store } from '../store.ts';
import type { BackendPool } from './backend-pool.ts';
import { enqueue } from './enqueue.ts';
import type { JobLog } from './job-log.ts';

export interface PutBackOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Queue;
  readonly pool: BackendPool;
}

/** Jobs that are compared with the queue at the same time. */
const BATCH = 500;

/**
 * Puts in line what waits in the store and is missing in the queue: what a start does, and what heals a queue that lost
 * something, or everything. Any number of processes may do it at the same time: each job is in line once.
 */
export async function putBackMissing(options: PutBackOptions): Promise<void> {
  const unfinished = await options.store.listUnfinished();
  const waiting = unfinished.filter(({ job }) => job.status === 'queued');
  for (let first = 0; first < waiting.length; first += BATCH)
    await Promise.all(waiting.slice(first, first + BATCH).map((record) => putBack(options, record)));
}

/** One that nobody here can do may be another process's to do, when that is back. */
async function putBack(options: PutBackOptions, record: JobRecord): Promise<void> {
  const { store, pool } = options;
  if (store.isShared && pool.namesFor(record.job).length === 0) return;
  await enqueue(options, record);
}
