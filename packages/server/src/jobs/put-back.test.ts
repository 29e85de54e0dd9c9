import { describe, expect, it } from 'vitest';
import type { QueueEntry } from '../queue.ts';
import { InProcessQueue } from '../queues/in-process/in-process-queue.ts';
import { setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createRandom } from '../testing/random.ts';
import { change, firstEvent, recordOf, sampleJob } from '../testing/sample-job.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import { PutBack } from './put-back.ts';
import type { Change } from './transition.ts';

const PAGE = 4;
const ACCEPT: Change = { type: 'accept', upstreamId: 'u-1' };
const RELEASE: Change = { type: 'release', reattach: true };

/** A store and a queue, and how many ids are compared and how many jobs read. */
async function setUp(isShared = false, pageSize = PAGE) {
  const core = await setUpCore({ providers: [] });
  const queue = new InProcessQueue();
  const slow = createSlowStore(core.store, createRandom(1));
  let [asked, read] = [0, 0];
  const reads: number[] = [];
  const added: string[] = [];
  /** What happens right before jobs are read. */
  const hooks = { beforeRead: async () => {}, beforeList: async () => {} };
  const missing = (jobIds: readonly string[]) => {
    asked += jobIds.length;
    return queue.missing(jobIds);
  };
  /** Answers in any order: here the newest first. */
  const readJobs = async (jobIds: readonly string[]) => {
    read += jobIds.length;
    reads.push(jobIds.length);
    await hooks.beforeRead();
    return (await slow.readJobs(jobIds)).toSorted((a, b) => b.ticket - a.ticket);
  };
  const listWaiting = async (after: number, limit: number) => {
    await hooks.beforeList();
    return slow.listWaiting(after, limit);
  };
  const add = (entry: QueueEntry) => {
    added.push(entry.jobId);
    return queue.add(entry);
  };
  const putBack = new PutBack({
    ...core,
    store: { ...slow, isShared, readJobs, listWaiting },
    queue: { add, remove: (jobId) => queue.remove(jobId), missing },
    pageSize,
  });
  const create = async (count: number) => {
    const jobs = Array.from({ length: count }, () => sampleJob({ options: { size: '512', steps: 5 } }));
    const created = jobs.map((job) => core.store.createJob(job, 'epoch-1', firstEvent(job)));
    for (const result of await Promise.all(created)) recordOf(result);
    return jobs.map(({ id }) => id);
  };
  const start = async (jobId: string) => {
    const record = await core.store.readJob(jobId);
    if (record === undefined) throw new Error('it is gone');
    await core.store.append({ ...change(record.job, { type: 'start', provider: 'scripted' }), newTicket: false });
  };
  /** A planned stop left the job's work at this backend. */
  const leaveAt = async (provider: string, jobId: string) => {
    let job = (await core.store.readJob(jobId))?.job ?? sampleJob();
    for (const next of [{ type: 'start', provider } as const, ACCEPT, RELEASE]) {
      const write = change(job, next);
      await core.store.append({ ...write, newTicket: false });
      job = write.job;
    }
    return job;
  };
  const inLine = async () => [...(await queue.places()).keys()];
  const askedFor = async (work: () => Promise<void>) => {
    asked = 0;
    await work();
    return asked;
  };
  return { ...core, queue, putBack, create, start, leaveAt, inLine, askedFor, added, hooks, reads, read: () => read };
}

describe('PutBack', () => {
  it('[J3] puts all that waits in line, page by page, in the order of tickets, and nothing else', async () => {
    const { putBack, create, start, inLine } = await setUp();
    const ids = await create(11);
    const running = ids[3] ?? '';
    await start(running);
    await putBack.all();
    expect(await inLine()).toEqual(ids.filter((id) => id !== running));
  });

  it('what is in line already is neither read nor added again', async () => {
    const { putBack, create, queue, inLine, read } = await setUp();
    const ids = await create(9);
    await putBack.all();
    await queue.remove(ids[4] ?? '');
    expect(read()).toBe(9);
    await putBack.all();
    expect(read()).toBe(10);
    expect(await inLine()).toEqual(ids);
  });

  it('later looks at the front and at what is new, however many wait', async () => {
    const { putBack, create, askedFor, queue, inLine } = await setUp();
    const ids = await create(40);
    expect(await askedFor(() => putBack.all())).toBe(40);
    expect(await askedFor(() => putBack.some())).toBe(2 * PAGE);
    const fresh = await create(3);
    expect(await askedFor(() => putBack.some())).toBe(2 * PAGE + 3);
    expect(await inLine()).toEqual([...ids, ...fresh]);
    expect(await askedFor(() => putBack.some())).toBe(2 * PAGE);
    await queue.remove(ids[1] ?? '');
    await putBack.some();
    expect(await inLine()).toEqual([...ids, ...fresh]);
  });

  it('of a short line it looks at all', async () => {
    const { putBack, create, queue, inLine } = await setUp();
    const ids = await create(PAGE - 1);
    await putBack.some();
    await queue.remove(ids[2] ?? '');
    for (let times = 0; times < 3; times++) await putBack.some();
    expect(await inLine()).toEqual(ids);
  });

  it('[J8] a job that only a vanished backend may do is for others after five minutes', async () => {
    const { putBack, create, leaveAt, store, queue, clock } = await setUp();
    const ids = await create(3);
    const [bound = ''] = ids;
    const job = await leaveAt('vanished', bound);
    const ticket = (await store.readJob(bound))?.ticket ?? 0;
    await queue.add({ jobId: bound, ticket, backends: ['vanished'] });
    const taken: string[] = [];
    const consumer = queue.consume({
      names: ['scripted'],
      concurrency: 1,
      run: async ({ jobId }) => void taken.push(jobId),
    });
    await putBack.some();
    await eventually(() => ids.slice(1).every((id) => taken.includes(id)));
    expect(taken).not.toContain(bound);
    clock.advance(Date.parse(job.updatedAt) + 300_000 - clock.now());
    await putBack.some();
    await eventually(() => taken.includes(bound));
    await consumer.stop();
  });

  it('[J3] ends what is under way when it is closed, and begins nothing more', async () => {
    const { putBack, create, askedFor } = await setUp();
    await create(10);
    const asked = await askedFor(async () => {
      const all = putBack.all();
      await putBack.close();
      await all;
      await putBack.all();
      await putBack.some();
    });
    expect(asked).toBeLessThanOrEqual(PAGE);
  });

  it('does one comparison at a time; who asks for all while one waits to begin waits for that', async () => {
    const { putBack, create, askedFor } = await setUp();
    await create(10);
    const asked = await askedFor(async () => {
      await Promise.all([putBack.all(), putBack.all(), putBack.some(), putBack.some(), putBack.all()]);
    });
    expect(asked).toBe(10);
    expect(await askedFor(() => putBack.some())).toBe(2 * PAGE);
  });

  it('reads the jobs of a large page in parts', async () => {
    const { putBack, create, added, reads } = await setUp(false, 2_000);
    const ids = await create(501);
    await putBack.all();
    expect(added).toEqual(ids);
    expect(reads).toEqual([500, 1]);
  });

  it('looks at each waiting job once when it has seen none yet', async () => {
    const { putBack, create, askedFor, inLine } = await setUp();
    const ids = await create(10 * PAGE);
    expect(await askedFor(() => putBack.some())).toBe(10 * PAGE);
    expect(await inLine()).toEqual(ids);
  });

  it.each([0, PAGE - 1])('asks for the waiting jobs once when they fit in a page (%i jobs)', async (count) => {
    const { putBack, create, inLine, hooks } = await setUp();
    const ids = await create(count);
    let lists = 0;
    hooks.beforeList = async () => void lists++;
    await putBack.some();
    expect(await inLine()).toEqual(ids);
    // The other question is about jobs whose backend is gone.
    expect(lists).toBe(2);
  });

  it('adds the jobs of a page in the order of their tickets', async () => {
    const { putBack, create, added } = await setUp();
    const ids = await create(PAGE);
    await putBack.all();
    expect(added).toEqual(ids);
  });

  it('[J3] leaves out a job that was taken since it was listed', async () => {
    const { putBack, create, start, added, hooks } = await setUp();
    const [first = '', second = ''] = await create(2);
    hooks.beforeRead = () => start(first);
    await putBack.all();
    expect(added).toEqual([second]);
  });

  it('a failed comparison is the failure of who asked for it; the next one begins again', async () => {
    const { putBack, create, inLine, hooks, queue } = await setUp();
    const ids = await create(PAGE - 1);
    const broken = new Error('the database is gone');
    hooks.beforeList = () => Promise.reject(broken);
    await expect(putBack.all()).rejects.toBe(broken);
    await expect(putBack.some()).rejects.toBe(broken);
    hooks.beforeList = async () => {};
    await putBack.some();
    expect(await inLine()).toEqual(ids);
    await queue.remove(ids[0] ?? '');
    await putBack.all();
    expect(await inLine()).toEqual(ids);
  });

  it('[C5] in a shared storage a job that no backend here can do is left to the other processes', async () => {
    const { putBack, store, inLine } = await setUp(true);
    const job = sampleJob({ options: { size: '512', steps: 5, provider: 'elsewhere' } });
    recordOf(await store.createJob(job, 'epoch-1', firstEvent(job)));
    await putBack.all();
    expect(await inLine()).toEqual([]);
    expect((await store.readJob(job.id))?.job.status).toBe('queued');
  });

  it('[C5] in a storage of its own such a job fails', async () => {
    const { putBack, store } = await setUp(false);
    const job = sampleJob({ options: { size: '512', steps: 5, provider: 'elsewhere' } });
    recordOf(await store.createJob(job, 'epoch-1', firstEvent(job)));
    await putBack.all();
    expect((await store.readJob(job.id))?.job).toMatchObject({ status: 'failed' });
  });

  it.each([true, false])(
    '[J8] work at an unknown backend is waited for five minutes where others share the storage (%s)',
    async (isShared) => {
      const { putBack, create, leaveAt, inLine, clock } = await setUp(isShared);
      const [bound = ''] = await create(1);
      const { updatedAt } = await leaveAt('vanished', bound);
      clock.advance(Date.parse(updatedAt) + 300_000 - 1 - clock.now());
      await putBack.all();
      expect(await inLine()).toEqual(isShared ? [] : [bound]);
      clock.advance(1);
      await putBack.all();
      expect(await inLine()).toEqual([bound]);
    },
  );

  it('[J8] a job in line whose backend is here stays in line', async () => {
    const { putBack, create, leaveAt, inLine, added, clock } = await setUp();
    const [id = ''] = await create(1);
    await leaveAt('scripted', id);
    await putBack.all();
    clock.advance(600_000);
    await putBack.some();
    expect([added, await inLine()]).toEqual([[id], [id]]);
  });
});
