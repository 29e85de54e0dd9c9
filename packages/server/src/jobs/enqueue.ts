import { jobError } from '@darkroom/protocol';
import type { Queue, QueueEntry } from '../queue.ts';
import type { JobRecord } from '../store.ts';
import type { BackendPool } from './backend-pool.ts';
import type { JobLog } from './job-log.ts';

export interface EnqueueOptions {
  readonly log: JobLog;
  readonly pool: BackendPool;
}

/** A waiting job's entry for the queue. A job that nobody here can do (any more) fails instead. */
export async function toEntry({ log, pool }: EnqueueOptions, record: JobRecord): Promise<QueueEntry | undefined> {
  const { job, ticket } = record;
  const backends = pool.namesFor(job);
  if (backends.length > 0) return { jobId: job.id, ticket, backends };
  const choice = pool.check(job.options ?? {});
  const why = choice.ok ? 'Every backend that can do this has failed.' : choice.message;
  await log.append(job.id, job.lastEventSeq, { type: 'fail', error: jobError('PROVIDER_REJECTED', why) });
  return undefined;
}

/** Puts a waiting job in line. */
export async function enqueue(
  options: EnqueueOptions & { readonly queue: Pick<Queue, 'add'> },
  record: JobRecord,
): Promise<void> {
  const entry = await toEntry(options, record);
  if (entry !== undefined) await options.queue.add(entry);
}
