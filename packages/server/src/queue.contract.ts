import { describe, expect, it } from 'vitest';
import type { Queue, QueueEntry } from './queue.ts';
import { eventually } from './testing/eventually.ts';
import { createRandom } from './testing/random.ts';

export interface QueueContract {
  readonly name: string;
  /** An empty queue; it goes away with the test. */
  readonly create: () => Promise<Queue>;
}

const entry = (ticket: number, backends: readonly string[] = ['one']): QueueEntry => ({
  jobId: `job-${ticket}`,
  ticket,
  backends,
});

/** Work that ends when the test says so. */
function createWork() {
  const started: string[] = [];
  const open = new Map<string, (again?: QueueEntry) => void>();
  const waiting: { count: number; resolve: () => void }[] = [];
  return {
    started,
    get running() {
      return open.size;
    },
    run: ({ jobId }: QueueEntry) =>
      new Promise<QueueEntry | undefined>((resolve) => {
        started.push(jobId);
        open.set(jobId, (again) => {
          open.delete(jobId);
          resolve(again);
        });
        for (const one of waiting) if (started.length >= one.count) one.resolve();
      }),
    finish: (jobId: string, again?: QueueEntry) => open.get(jobId)?.(again),
    /** Resolves when so many were started in all. */
    startedAll: (count: number) =>
      new Promise<void>((resolve) => {
        if (started.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

/** What every queue promises (`queue.ts`). Run by each adapter on its real backend. */
export function registerQueueContract({ name, create }: QueueContract): void {
  describe(`${name} keeps the queue's contract`, () => {
    it.each([1, 2, 3, 4, 5])('[C4] serves by ticket, whatever the order of arrival (seed %i)', async (seed) => {
      const queue = await create();
      const random = createRandom(seed);
      const tickets = Array.from({ length: 60 }, (_none, index) => index + 1);
      for (const ticket of random.shuffle(tickets)) await queue.add(entry(ticket));
      const served: number[] = [];
      const all = Promise.withResolvers<void>();
      queue.consume({
        names: ['one'],
        concurrency: 1,
        run: async ({ ticket }) => {
          served.push(ticket);
          if (served.length === tickets.length) all.resolve();
          return undefined;
        },
      });
      await all.promise;
      expect(served).toEqual(tickets);
    });

    it('[C4] places are unique, gapless and in the order of tickets, however jobs come and go', async () => {
      const queue = await create();
      const random = createRandom(7);
      const waiting = new Set<number>();
      for (let round = 0; round < 200; round++) {
        const ticket = 1 + random.below(50);
        if (random.next() < 0.6) {
          await queue.add(entry(ticket));
          waiting.add(ticket);
        } else {
          await queue.remove(`job-${ticket}`);
          waiting.delete(ticket);
        }
        const expected = [...waiting].sort((a, b) => a - b).map((each, index) => [`job-${each}`, index + 1]);
        expect([...(await queue.places())].sort((a, b) => a[1] - b[1])).toEqual(expected);
        expect(await queue.size()).toBe(waiting.size);
      }
    });

    it('[C4] a job that is being worked on waits no more and has no place', async () => {
      const queue = await create();
      const work = createWork();
      queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await queue.add(entry(1));
      await queue.add(entry(2));
      await work.startedAll(1);
      expect([...(await queue.places())]).toEqual([['job-2', 1]]);
      work.finish('job-1');
      await work.startedAll(2);
      work.finish('job-2');
    });

    it('[C5] never hands out more than the concurrency, and never less while jobs wait', async () => {
      const queue = await create();
      const work = createWork();
      const consumer = queue.consume({ names: ['one'], concurrency: 3, run: work.run });
      for (let ticket = 1; ticket <= 10; ticket++) await queue.add(entry(ticket));
      for (let done = 0; done < 10; done++) {
        await work.startedAll(Math.min(10, done + 3));
        expect(work.running).toBe(Math.min(3, 10 - done));
        expect(consumer.running).toBe(work.running);
        work.finish(work.started[done] ?? '');
      }
      expect(work.started).toEqual(Array.from({ length: 10 }, (_none, index) => `job-${index + 1}`));
    });

    it('hands each job to exactly one consumer', async () => {
      const queue = await create();
      const served: string[] = [];
      const all = Promise.withResolvers<void>();
      const run = async ({ jobId }: QueueEntry) => {
        served.push(jobId);
        if (served.length === 50) all.resolve();
        return undefined;
      };
      for (let index = 0; index < 4; index++) queue.consume({ names: ['one'], concurrency: 2, run });
      await Promise.all(Array.from({ length: 50 }, (_none, index) => queue.add(entry(index))));
      await all.promise;
      expect(new Set(served).size).toBe(50);
    });

    it('add leaves a job as it is that is in line or being worked on', async () => {
      const queue = await create();
      const work = createWork();
      await queue.add(entry(1));
      await queue.add({ ...entry(1), ticket: 99 });
      await queue.add(entry(2));
      expect([...(await queue.places())]).toEqual([
        ['job-1', 1],
        ['job-2', 2],
      ]);
      queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(1);
      await queue.add(entry(1));
      expect([...(await queue.places()).keys()]).toEqual(['job-2']);
      work.finish('job-1');
      await work.startedAll(2);
      expect(work.started).toEqual(['job-1', 'job-2']);
      work.finish('job-2');
    });

    it('a job that was removed or done may come again', async () => {
      const queue = await create();
      const work = createWork();
      await queue.add(entry(1));
      await queue.remove('job-1');
      await queue.remove('job-1');
      expect(await queue.size()).toBe(0);
      await queue.add(entry(1));
      const consumer = queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(1);
      work.finish('job-1');
      await consumer.stop();
      await queue.add({ ...entry(1), ticket: 2 });
      queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(2);
      expect(work.started).toEqual(['job-1', 'job-1']);
      work.finish('job-1');
    });

    it('tells the places of some jobs without those of all', async () => {
      const queue = await create();
      const work = createWork();
      for (let ticket = 1; ticket <= 3; ticket++) await queue.add(entry(ticket));
      const consumer = queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(1);
      expect([...(await queue.places(['job-3', 'job-1', 'nobody']))]).toEqual([['job-3', 2]]);
      await queue.check();
      work.finish('job-1');
      await consumer.stop();
    });

    it('a removed job is never served, and leaves the others their order', async () => {
      const queue = await create();
      const work = createWork();
      for (let ticket = 1; ticket <= 4; ticket++) await queue.add(entry(ticket));
      await queue.remove('job-2');
      queue.consume({ names: ['one'], concurrency: 4, run: work.run });
      await work.startedAll(3);
      expect(work.started).toEqual(['job-1', 'job-3', 'job-4']);
      for (const jobId of work.started) work.finish(jobId);
    });

    it('stop takes no more and waits for what is under way; twice is no error', async () => {
      const queue = await create();
      const work = createWork();
      const consumer = queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await queue.add(entry(1));
      await queue.add(entry(2));
      await work.startedAll(1);
      let stopped = false;
      const stopping = Promise.all([consumer.stop(), consumer.stop()]).then(() => {
        stopped = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(stopped).toBe(false);
      work.finish('job-1');
      await stopping;
      expect(work.started).toEqual(['job-1']);
      expect([...(await queue.places())]).toEqual([['job-2', 1]]);
    });

    it('hands an entry only to a consumer that it names, by ticket among those', async () => {
      const queue = await create();
      const [one, two] = [createWork(), createWork()];
      await queue.add(entry(1, ['two']));
      await queue.add(entry(2, ['one', 'two']));
      await queue.add(entry(3, ['one']));
      await queue.add(entry(4, ['nobody']));
      queue.consume({ names: ['one'], concurrency: 1, run: one.run });
      await one.startedAll(1);
      expect(one.started).toEqual(['job-2']);
      queue.consume({ names: ['two'], concurrency: 1, run: two.run });
      await two.startedAll(1);
      expect(two.started).toEqual(['job-1']);
      one.finish('job-2');
      await one.startedAll(2);
      expect(one.started).toEqual(['job-2', 'job-3']);
      expect([...(await queue.places())]).toEqual([['job-4', 1]]);
      one.finish('job-3');
      two.finish('job-1');
    });

    it.each([1, 2, 3])('[C4] places run over all lanes in the order of tickets (seed %i)', async (seed) => {
      const queue = await create();
      const random = createRandom(seed);
      const tickets = Array.from({ length: 40 }, (_none, index) => index + 1);
      const lanes: [string[], ...string[][]] = [['one'], ['two'], ['one', 'two']];
      for (const ticket of random.shuffle(tickets)) await queue.add(entry(ticket, random.pick(lanes)));
      expect([...(await queue.places())]).toEqual(tickets.map((ticket) => [`job-${ticket}`, ticket]));
      for (const ticket of tickets.slice(0, 10)) await queue.remove(`job-${ticket}`);
      expect([...(await queue.places())]).toEqual(tickets.slice(10).map((ticket) => [`job-${ticket}`, ticket - 10]));
      expect(await queue.size()).toBe(30);
    });

    it('leaves to others what its consumer does not accept, and asks again when woken', async () => {
      const queue = await create();
      const work = createWork();
      let open = false;
      const asked: (readonly string[])[] = [];
      const accepts = (backends: readonly string[]) => {
        asked.push(backends);
        return open || backends.includes('two');
      };
      const consumer = queue.consume({ names: ['one'], concurrency: 2, accepts, run: work.run });
      await queue.add(entry(1));
      await queue.add(entry(2, ['one', 'two']));
      await work.startedAll(1);
      expect(work.started).toEqual(['job-2']);
      expect(asked).toContainEqual(['one']);
      open = true;
      consumer.wake();
      await work.startedAll(2);
      expect(work.started).toEqual(['job-2', 'job-1']);
      for (const jobId of work.started) work.finish(jobId);
    });

    it('[R11] moves waiting jobs by giving them other tickets, over all lanes; what does not wait stays', async () => {
      const queue = await create();
      const work = createWork();
      await queue.add(entry(1));
      await queue.add(entry(2, ['two']));
      await queue.add(entry(3));
      await queue.add(entry(4, ['two']));
      const consumer = queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(1);
      await queue.move([
        { jobId: 'job-4', ticket: 2 },
        { jobId: 'job-2', ticket: 3 },
        { jobId: 'job-3', ticket: 4 },
        { jobId: 'job-1', ticket: 9 },
        { jobId: 'nobody', ticket: 8 },
      ]);
      expect([...(await queue.places())]).toEqual([
        ['job-4', 1],
        ['job-2', 2],
        ['job-3', 3],
      ]);
      expect(await queue.size()).toBe(3);
      work.finish('job-1');
      await work.startedAll(2);
      expect(work.started).toEqual(['job-1', 'job-3']);
      expect(consumer.running).toBe(1);
      work.finish('job-3');
    });

    it('leaves what is in line or being worked on as it is, whatever it is added with again', async () => {
      const queue = await create();
      const work = createWork();
      for (const ticket of [1, 2, 3]) await queue.add(entry(ticket));
      await queue.add(entry(4, ['two']));
      queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(1);
      await queue.move([{ jobId: 'job-2', ticket: 9 }]);
      for (const ticket of [1, 2]) await queue.add(entry(ticket));
      await queue.add({ ...entry(4), backends: ['one'] });
      await queue.add({ ...entry(1), backends: ['two'] });
      expect([...(await queue.places())]).toEqual([
        ['job-3', 1],
        ['job-4', 2],
        ['job-2', 3],
      ]);
      work.finish('job-1');
      await work.startedAll(2);
      work.finish('job-3');
      await work.startedAll(3);
      expect(work.started).toEqual(['job-1', 'job-3', 'job-2']);
      work.finish('job-2');
    });

    it('tells which jobs it does not know, be they waiting or worked on', async () => {
      const queue = await create();
      const work = createWork();
      await queue.add(entry(1));
      await queue.add(entry(2));
      await queue.add(entry(3, ['two']));
      const ids = ['job-4', 'job-3', 'job-2', 'job-1', 'nobody'];
      queue.consume({ names: ['one'], concurrency: 1, run: work.run });
      await work.startedAll(1);
      expect(await queue.missing(ids)).toEqual(['job-4', 'nobody']);
      expect(await queue.missing([])).toEqual([]);
      await queue.remove('job-3');
      work.finish('job-1');
      await work.startedAll(2);
      expect(await queue.missing(ids)).toEqual(['job-4', 'job-3', 'job-1', 'nobody']);
      work.finish('job-2');
    });

    it('puts back what a run hands back, with its ticket and its new lane', async () => {
      const queue = await create();
      const [one, two] = [createWork(), createWork()];
      queue.consume({ names: ['one'], concurrency: 1, run: one.run });
      await queue.add(entry(1, ['one', 'two']));
      await queue.add(entry(2, ['two']));
      await one.startedAll(1);
      one.finish('job-1', entry(1, ['two']));
      await eventually(async () => (await queue.size()) === 2);
      expect([...(await queue.places())]).toEqual([
        ['job-1', 1],
        ['job-2', 2],
      ]);
      queue.consume({ names: ['two'], concurrency: 1, run: two.run });
      await two.startedAll(1);
      expect([one.started, two.started]).toEqual([['job-1'], ['job-1']]);
      two.finish('job-1');
      await two.startedAll(2);
      two.finish('job-2');
    });
  });
}
