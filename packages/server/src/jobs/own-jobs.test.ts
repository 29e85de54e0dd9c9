import { describe, expect, it } from 'vitest';
import { hasStatus, jobWhen, setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { createRandom } from '../testing/random.ts';
import { sampleJob } from '../testing/sample-job.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import { OwnJobs } from './own-jobs.ts';

const OWNER = 'owner-1';

async function setUp() {
  const provider = createManualProvider();
  const core = await setUpCore({ providers: [provider] });
  const own = new OwnJobs(core);
  const create = async (owner = OWNER) => {
    const result = await core.jobs.create({ prompt: 'a lighthouse' }, { owner });
    if (!result.ok) throw new Error(result.reason);
    // The history is in order of creation, which is told apart by time.
    core.clock.advance(1);
    return result.job.id;
  };
  const statusOf = async (id: string) => (await core.store.readJob(id))?.job.status;
  const line = async () => [...(await core.queue.places())].sort(([, a], [, b]) => a - b).map(([id]) => id);
  return { ...core, provider, own, create, statusOf, line };
}

describe('OwnJobs', () => {
  describe('list', () => {
    it('[R10] lists the jobs of one owner, newest first, with the positions of those that wait', async () => {
      const core = await setUp();
      await core.worker.start();
      const running = await core.create();
      await core.provider.nextRun();
      await jobWhen(core, running, hasStatus('running'));
      await core.create('owner-2');
      const waiting = [await core.create(), await core.create()];
      const page = await core.own.list({ owner: OWNER, active: false }, 10);
      expect(page.jobs.map(({ id }) => id)).toEqual([waiting[1], waiting[0], running]);
      expect(page.nextCursor).toBeUndefined();
      expect([...page.places]).toEqual([
        [waiting[1], { position: 3 }],
        [waiting[0], { position: 2 }],
      ]);
    });

    it('gives no position to a job that is not in line yet', async () => {
      const { own, log } = await setUp();
      const job = sampleJob({ lastEventSeq: 0 });
      await log.create(job, 'epoch-1', { owner: OWNER });
      const page = await own.list({ owner: OWNER, active: true }, 10);
      expect([page.jobs.map(({ id }) => id), [...page.places]]).toEqual([[job.id], []]);
    });

    it('[R10] goes on at the cursor, and lists only what is not over if asked to', async () => {
      const core = await setUp();
      const ids = [await core.create(), await core.create(), await core.create()];
      const first = await core.own.list({ owner: OWNER, active: false }, 2);
      expect(first.jobs.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
      const second = await core.own.list({ owner: OWNER, active: false }, 2, first.nextCursor);
      expect(second.jobs.map(({ id }) => id)).toEqual([ids[0]]);
      await core.jobs.cancel(ids[1] ?? '');
      const active = await core.own.list({ owner: OWNER, active: true }, 10);
      expect(active.jobs.map(({ id }) => id)).toEqual([ids[2], ids[0]]);
    });
  });

  describe('cancelAll', () => {
    it('[R10] cancels what is not over, of this owner only, and answers the ids', async () => {
      const core = await setUp();
      await core.worker.start();
      const done = await core.create();
      await (await core.provider.nextRun()).finish();
      await jobWhen(core, done, hasStatus('completed'));
      const running = await core.create();
      await core.provider.nextRun();
      await jobWhen(core, running, hasStatus('running'));
      const other = await core.create('owner-2');
      const waiting = await core.create();
      expect(await core.own.cancelAll(OWNER)).toEqual([running, waiting]);
      expect(await Promise.all([done, running, waiting].map(core.statusOf))).toEqual([
        'completed',
        'cancelled',
        'cancelled',
      ]);
      await core.provider.nextRun();
      expect((await jobWhen(core, other, hasStatus('running'))).id).toBe(other);
    });

    it('[R10] leaves out a job that ends before it can be cancelled', async () => {
      const core = await setUp();
      const ends = await core.create();
      const waiting = await core.create();
      const listUnfinished = async (owner: string) => {
        const found = await core.store.listUnfinished(owner);
        await core.store.deleteJob(ends);
        core.relay.publish({ jobId: ends, head: undefined });
        return found;
      };
      const store = { ...createSlowStore(core.store, createRandom(1)), listUnfinished };
      expect(await new OwnJobs({ ...core, store }).cancelAll(OWNER)).toEqual([waiting]);
    });

    it('[R10][R13] cancels any number, once for all requests that come at the same time', async () => {
      const core = await setUp();
      const ids: string[] = [];
      for (let count = 0; count < 250; count++) ids.push(await core.create());
      const other = await core.create('owner-2');
      let lists = 0;
      const listUnfinished = (owner: string) => {
        lists++;
        return core.store.listUnfinished(owner);
      };
      const own = new OwnJobs({ ...core, store: { ...createSlowStore(core.store, createRandom(1)), listUnfinished } });
      const answers = await Promise.all(Array.from({ length: 20 }, () => own.cancelAll(OWNER)));
      for (const answer of answers) expect(answer).toEqual(ids);
      expect(lists).toBe(1);
      expect(await own.cancelAll(OWNER)).toEqual([]);
      expect([await core.store.countUnfinished(OWNER), await core.statusOf(other)]).toEqual([0, 'queued']);
    });
  });

  describe('move', () => {
    it('[R11] puts a waiting job before another, or behind all, and answers the new positions', async () => {
      const { own, create, line, store } = await setUp();
      const [a, b, c] = [await create(), await create(), await create()];
      expect(await own.move(OWNER, c, a)).toEqual({
        ok: true,
        waiting: [
          { jobId: c, position: 1 },
          { jobId: a, position: 2 },
          { jobId: b, position: 3 },
        ],
      });
      expect(await line()).toEqual([c, a, b]);
      expect(await own.move(OWNER, c, null)).toMatchObject({ ok: true });
      expect(await line()).toEqual([a, b, c]);
      const tickets = await Promise.all([a, b, c].map(async (id) => (await store.readJob(id))?.ticket ?? 0));
      expect(tickets).toEqual(tickets.toSorted((x, y) => x - y));
    });

    it('[R11] answers positions that are read after the move, also where they were known before', async () => {
      const { own, create, board } = await setUp();
      const [a, b] = [await create(), await create()];
      await board.refresh([a, b]);
      const result = await own.move(OWNER, b, a);
      expect(result).toMatchObject({
        ok: true,
        waiting: [
          { jobId: b, position: 1 },
          { jobId: a, position: 2 },
        ],
      });
    });

    it('[R11] leaves the positions of other owners as they are', async () => {
      const { own, create, line } = await setUp();
      const [a, other, b] = [await create(), await create('owner-2'), await create()];
      await own.move(OWNER, b, a);
      expect(await line()).toEqual([b, other, a]);
    });

    it('[R11] refuses a job that is unknown, or of another owner, as not found', async () => {
      const { own, create, line } = await setUp();
      const [a, other] = [await create(), await create('owner-2')];
      for (const id of ['unknown', other])
        expect(await own.move(OWNER, id, a)).toEqual({ ok: false, reason: 'not-found' });
      expect(await line()).toEqual([a, other]);
    });

    it('[R11] refuses a position before a job that does not wait or is of another owner, and says why', async () => {
      const { own, create, jobs } = await setUp();
      const [a, over, other] = [await create(), await create(), await create('owner-2')];
      await jobs.cancel(over);
      const refusal = { ok: false, reason: 'wrong-state', message: 'The other job is not one of yours that waits.' };
      for (const before of [over, other, 'unknown']) expect(await own.move(OWNER, a, before)).toEqual(refusal);
      expect(await own.move(OWNER, over, a)).toEqual({
        ok: false,
        reason: 'wrong-state',
        message: 'A cancelled job cannot move.',
      });
    });

    it('[R11] refuses a job that is running', async () => {
      const core = await setUp();
      await core.worker.start();
      const running = await core.create();
      await core.provider.nextRun();
      await jobWhen(core, running, hasStatus('running'));
      const waiting = await core.create();
      expect(await core.own.move(OWNER, running, waiting)).toEqual({
        ok: false,
        reason: 'wrong-state',
        message: 'A running job cannot move.',
      });
    });
  });
});
