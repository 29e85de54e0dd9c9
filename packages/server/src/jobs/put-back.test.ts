import { describe, expect, it } from 'vitest';
import { InProcessQueue } from '../queues/in-process/in-process-queue.ts';
import { setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createRandom } from '../testing/random.ts';
import { change, firstEvent, recordOf, sampleJob } from '../testing/sample-job.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import { PutBack } from './put-back.ts';
import type { Change } from './transition.ts';

const PAGE = 4;
const START: Change = { type: 'start', provider: 'vanished' };
const ACCEPT: Change = { type: 'accept', upstreamId: 'u-1' };
const RELEASE: Change = { type: 'release', reattach: true };

/** A store and a queue, and how many ids are compared and how many jobs read. */
async function setUp() {
  const core = await setUpCore({ providers: [] });
  const queue = new InProcessQueue();
  const slow = createSlowStore(core.store, createRandom(1));
  let [asked, read] = [0, 0];
  const missing = (jobIds: readonly string[]) => {
    asked += jobIds.length;
    return queue.missing(jobIds);
  };
  const readJobs = (jobIds: readonly string[]) => {
    read += jobIds.length;
    return slow.readJobs(jobIds);
  };
  const putBack = new PutBack({
    ...core,
    store: { ...slow, readJobs },
    queue: { add: (entry) => queue.add(entry), remove: (jobId) => queue.remove(jobId), missing },
    pageSize: PAGE,
  });
  const create = async (count: number) => {
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      const job = sampleJob({ options: { size: '512', steps: 5 } });
      recordOf(await core.store.createJob(job, 'epoch-1', firstEvent(job)));
      ids.push(job.id);
    }
    return ids;
  };
  const start = async (jobId: string) => {
    const record = await core.store.readJob(jobId);
    if (record === undefined) throw new Error('it is gone');
    await core.store.append({ ...change(record.job, { type: 'start', provider: 'scripted' }), newTicket: false });
  };
  const inLine = async () => [...(await queue.places()).keys()];
  const askedFor = async (work: () => Promise<void>) => {
    asked = 0;
    await work();
    return asked;
  };
  return { ...core, queue, putBack, create, start, inLine, askedFor, read: () => read };
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
    const { putBack, create, store, queue, clock } = await setUp();
    const ids = await create(3);
    const [bound = ''] = ids;
    let job = (await store.readJob(bound))?.job;
    for (const next of [START, ACCEPT, RELEASE]) {
      const write = change(job ?? sampleJob(), next);
      await store.append({ ...write, newTicket: false });
      job = write.job;
    }
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
    clock.advance(Date.parse(job?.updatedAt ?? '') + 300_000 - clock.now());
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
});
