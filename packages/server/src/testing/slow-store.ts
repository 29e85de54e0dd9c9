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
    conversations: store.conversations,
    workers: store.workers,
    isShared: store.isShared,
    createJob: (job, epoch, event, origin) => late(store.createJob(job, epoch, event, origin)),
    findCreated: (idempotency) => late(store.findCreated(idempotency)),
    append: (write) => late(store.append(write)),
    readJob: (jobId) => late(store.readJob(jobId)),
    readHeads: (jobIds) => late(store.readHeads(jobIds)),
    readTail: (jobId, afterSeq, limit) => late(store.readTail(jobId, afterSeq, limit)),
    readEvents: (jobId, afterSeq, limit) => late(store.readEvents(jobId, afterSeq, limit)),
    listJobs: (limit, cursor, filter) => late(store.listJobs(limit, cursor, filter)),
    listUnfinished: (owner) => late(store.listUnfinished(owner)),
    countUnfinished: (owner) => late(store.countUnfinished(owner)),
    listWaiting: (after, limit) => late(store.listWaiting(after, limit)),
    readJobs: (jobIds) => late(store.readJobs(jobIds)),
    listIdle: (before, limit) => late(store.listIdle(before, limit)),
    listAbandoned: (before, limit) => late(store.listAbandoned(before, limit)),
    listExpired: (before, limit) => late(store.listExpired(before, limit)),
    moveJob: (owner, jobId, before) => late(store.moveJob(owner, jobId, before)),
    keepOnce: (name, value) => late(store.keepOnce(name, value)),
    readSetting: (name) => late(store.readSetting(name)),
    eraseSetting: (name) => late(store.eraseSetting(name)),
    takeOnce: (name, until, now) => late(store.takeOnce(name, until, now)),
    deleteJob: (jobId) => late(store.deleteJob(jobId)),
    check: () => late(store.check()),
    close: () => store.close(),
  };
}
