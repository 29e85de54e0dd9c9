import type { Store } from '../store.ts';
import type { Random } from './random.ts';

/** A store behind a network: every answer comes some turns of the event loop later, so answers may overtake each other. */
export function createSlowStore(store: Store, random: Random): Store {
  const late = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    for (let turns = random.below(4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    return value;
  };
  return {
    createJob: (job, epoch, event, idempotency) => late(store.createJob(job, epoch, event, idempotency)),
    findCreated: (idempotency) => late(store.findCreated(idempotency)),
    append: (write) => late(store.append(write)),
    readJob: (jobId) => late(store.readJob(jobId)),
    readEvents: (jobId, afterSeq, limit) => late(store.readEvents(jobId, afterSeq, limit)),
    listJobs: (limit, cursor) => late(store.listJobs(limit, cursor)),
    listUnfinished: () => late(store.listUnfinished()),
    listIdle: (before, limit) => late(store.listIdle(before, limit)),
    listExpired: (before, limit) => late(store.listExpired(before, limit)),
    deleteJob: (jobId) => late(store.deleteJob(jobId)),
    check: () => late(store.check()),
    close: () => store.close(),
  };
}
