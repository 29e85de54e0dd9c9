import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { applyEvent, type Job, jobError } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InProcessRelay } from '../relays/in-process/in-process-relay.ts';
import { isStorageError } from '../storage-error.ts';
import type { Store } from '../store.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { createRandom } from '../testing/random.ts';
import { recordOf, sampleJob } from '../testing/sample-job.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import type { RingBounds } from './hot-jobs.ts';
import { JobLog } from './job-log.ts';
import type { Change } from './transition.ts';

const START: Change = { type: 'start', provider: 'sketch' };
const step = (percent: number): Change => ({ type: 'progress', percent });

async function setUp(bounds?: RingBounds, path = ':memory:') {
  const store = await SqliteStore.open(path);
  const relay = new InProcessRelay();
  const log = new JobLog(store, relay, new FakeClock(), bounds);
  onTestFinished(async () => {
    log.close();
    await store.close();
  });
  return { store, relay, log };
}

async function createJob(log: JobLog): Promise<Job> {
  const result = await log.create(sampleJob({ lastEventSeq: 0 }), 'epoch-1');
  return recordOf(result).job;
}

/** A running job with so many steps in its log. */
async function createRunning(log: JobLog, steps: number): Promise<string> {
  const { id } = await createJob(log);
  await log.append(id, 1, START);
  for (let seq = 2; seq < steps + 2; seq++) await log.append(id, seq, step(seq));
  return id;
}

/** Everything after `after`, page by page, as a reader would. */
async function readAll(log: JobLog, jobId: string, after = 0, limit = 7): Promise<number[]> {
  const seqs: number[] = [];
  for (let cursor = after; ; ) {
    const events = await log.readEvents(jobId, cursor, limit);
    if (events.length === 0) return seqs;
    expect(events.length).toBeLessThanOrEqual(limit);
    for (const { event, json } of events) {
      expect(JSON.parse(json)).toEqual(event);
      seqs.push(event.seq);
    }
    cursor = seqs.at(-1) ?? cursor;
  }
}

const upTo = (head: number, after = 0) => Array.from({ length: head - after }, (_none, index) => after + index + 1);

describe('JobLog', () => {
  describe('append', () => {
    it('[E1] a writer that lost its claim finds the job as what took it left it', async () => {
      const { log } = await setUp();
      const { id } = await createJob(log);
      const cancelling = log.appendAtHead(id, { type: 'cancel' });
      expect(await log.append(id, 1, START)).toEqual({ outcome: 'conflict' });
      expect(log.peek(id)?.job.status).toBe('cancelled');
      await cancelling;
    });

    it('[E1] writes of one turn build on each other without waiting', async () => {
      const { log, store } = await setUp();
      const { id } = await createJob(log);
      const results = await Promise.all(
        [START, step(1), step(2), { type: 'upload' } as const].map((change, index) =>
          log.append(id, index + 1, change),
        ),
      );
      expect(results.map(({ outcome }) => outcome)).toEqual(['appended', 'appended', 'appended', 'appended']);
      expect(await readAll(log, id)).toEqual(upTo(5));
      expect((await store.readJob(id))?.job).toEqual((await log.load(id))?.job);
    });

    it('an illegal change is refused in words, and nothing is written', async () => {
      const { log } = await setUp();
      const { id } = await createJob(log);
      expect(await log.append(id, 1, { type: 'upload' })).toEqual({
        outcome: 'illegal',
        error: { status: 'queued', change: 'upload', message: 'A queued job cannot upload.' },
      });
      expect(await log.appendAtHead(id, { type: 'retry' })).toMatchObject({ outcome: 'illegal' });
      expect(await readAll(log, id)).toEqual([1]);
    });

    it('who is not at the head has lost: conflict, and nothing is written', async () => {
      const { log } = await setUp();
      const { id } = await createJob(log);
      for (const wrong of [0, 2, 7]) expect(await log.append(id, wrong, START)).toEqual({ outcome: 'conflict' });
      expect(await log.append('unknown', 1, START)).toEqual({ outcome: 'conflict' });
      expect(await log.appendAtHead('unknown', START)).toEqual({ outcome: 'missing' });
    });

    it.each(Array.from({ length: 20 }, (_none, seed) => seed + 1))(
      '[J3] a cancel wins against a worker that writes on and on (seed %i)',
      async (seed) => {
        const random = createRandom(seed);
        const { log } = await setUp();
        const { id } = await createJob(log);
        await log.append(id, 1, START);
        const worker = (async () => {
          for (let seq = 2; ; seq++) {
            const result = await log.append(id, seq, step(seq % 100));
            if (result.outcome !== 'appended') return result.outcome;
          }
        })();
        for (let turns = random.below(6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
        expect(await log.appendAtHead(id, { type: 'cancel' })).toMatchObject({ outcome: 'appended' });
        expect(await worker).toBe('conflict');
        const record = await log.load(id);
        expect(record?.job.status).toBe('cancelled');
        expect(await readAll(log, id)).toEqual(upTo(record?.job.lastEventSeq ?? 0));
      },
    );

    it('two cancels of one turn: one is written, the other hears that it cannot be', async () => {
      const { log } = await setUp();
      const { id } = await createJob(log);
      const outcomes = await Promise.all([1, 2].map(() => log.appendAtHead(id, { type: 'cancel' })));
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['appended', 'illegal']);
      expect(await readAll(log, id)).toEqual([1, 2]);
    });

    it('[J5] what the store could not take is not in the log, and can be written once it can', async () => {
      const path = join(await tempFolder(), 'darkroom.sqlite');
      const { log } = await setUp(undefined, path);
      const vandal = new DatabaseSync(path);
      onTestFinished(() => vandal.close());
      const { id } = await createJob(log);
      vandal.exec('alter table events rename to hidden');
      const failed = await Promise.allSettled([log.append(id, 1, START), log.append(id, 2, step(1))]);
      for (const each of failed) expect(each.status === 'rejected' && isStorageError(each.reason)).toBe(true);
      expect((await log.load(id))?.job.status).toBe('queued');
      expect(log.peekEvents(id, 0, 10)).toHaveLength(1);
      vandal.exec('alter table hidden rename to events');
      expect(await log.append(id, 1, START)).toMatchObject({ outcome: 'appended' });
      expect(await readAll(log, id)).toEqual([1, 2]);
    });
  });

  describe('watch', () => {
    it('wakes at every append, after the event can be read, until it is undone', async () => {
      const { log } = await setUp();
      const { id } = await createJob(log);
      const heads: (number | undefined)[] = [];
      const unwatch = await log.watch(id, () => heads.push(log.peekEvents(id, 0, 100)?.at(-1)?.event.seq));
      await log.append(id, 1, START);
      await Promise.all([log.append(id, 2, step(1)), log.append(id, 3, step(2))]);
      expect(heads).toEqual([2, 3, 4]);
      unwatch?.();
      await log.append(id, 4, step(3));
      expect(heads).toEqual([2, 3, 4]);
    });

    it('[P3] wakes when the job is removed, which then is gone', async () => {
      const { log } = await setUp();
      const { id } = await createJob(log);
      const woken = Promise.withResolvers<void>();
      await log.watch(id, () => woken.resolve());
      await log.delete(id);
      await woken.promise;
      expect(log.peek(id)).toBeUndefined();
      expect(await log.load(id)).toBeUndefined();
      expect(await log.readEvents(id, 0)).toEqual([]);
    });

    it('of an unknown job is undefined', async () => {
      const { log } = await setUp();
      expect(await log.watch('unknown', () => {})).toBeUndefined();
    });
  });

  it('tells of what it has written: each change once, and nothing that was refused or lost its claim', async () => {
    const { store, relay } = await setUp();
    const told: (readonly [string, string, string])[] = [];
    const log = new JobLog(store, relay, new FakeClock(), {
      onWritten: ({ change, before, after }) =>
        told.push([change?.type ?? 'made', before.status, `${after.status} ${after.lastEventSeq}`]),
    });
    onTestFinished(() => log.close());
    const { id } = await createJob(log);
    await log.append(id, 1, START);
    expect((await log.append(id, 1, START)).outcome).toBe('conflict');
    await log.appendAtHead(id, { type: 'cancel' });
    expect((await log.appendAtHead(id, { type: 'cancel' })).outcome).toBe('illegal');
    expect(told).toEqual([
      ['made', 'queued', 'queued 1'],
      ['start', 'queued', 'running 2'],
      ['cancel', 'running', 'cancelled 3'],
    ]);
  });

  describe('memory', () => {
    it('[P4] events older than the ring come from the store, in one sequence with the newer ones', async () => {
      const { log } = await setUp({ ringEvents: 4, ringJobs: 10 });
      const id = await createRunning(log, 20);
      expect(log.peekEvents(id, 0, 100)).toBeUndefined();
      expect(log.peekEvents(id, 17, 100)).toBeUndefined();
      expect(log.peekEvents(id, 18, 100)).toHaveLength(4);
      expect(log.peekEvents(id, 22, 100)).toEqual([]);
      for (const after of [0, 3, 16, 17, 18, 21, 22]) expect(await readAll(log, id, after)).toEqual(upTo(22, after));
    });

    it('[P4] jobs that were dropped from memory lose nothing, and can be written again', async () => {
      const { log } = await setUp({ ringEvents: 8, ringJobs: 3 });
      const ids = [];
      for (let index = 0; index < 10; index++) ids.push(await createRunning(log, 5));
      expect(ids.filter((id) => log.peek(id) !== undefined)).toHaveLength(3);
      for (const id of ids) {
        expect(await readAll(log, id)).toEqual(upTo(7));
        expect(await log.append(id, 7, step(50))).toMatchObject({ outcome: 'appended' });
        expect(await readAll(log, id)).toEqual(upTo(8));
      }
    });

    it('what is watched stays in memory, and is woken, however many jobs come', async () => {
      const { log } = await setUp({ ringEvents: 8, ringJobs: 2 });
      const { id } = await createJob(log);
      let wakes = 0;
      const unwatch = await log.watch(id, () => wakes++);
      for (let index = 0; index < 10; index++) await createJob(log);
      expect(log.peek(id)).toBeDefined();
      await log.append(id, 1, START);
      expect(wakes).toBe(1);
      unwatch?.();
      await createJob(log);
      await createJob(log);
      expect(log.peek(id)).toBeUndefined();
    });
  });

  describe('two processes over one store and one relay', () => {
    it('each sees what the other appends, and is woken by it', async () => {
      const { store, relay, log: here } = await setUp();
      const there = new JobLog(store, relay, new FakeClock());
      const { id } = await createJob(here);
      const woken = Promise.withResolvers<void>();
      await there.watch(id, () => woken.resolve());
      await here.append(id, 1, START);
      await woken.promise;
      expect(there.peek(id)?.job.status).toBe('running');
      expect(await there.append(id, 2, step(10))).toMatchObject({ outcome: 'appended' });
      expect(await here.append(id, 2, step(20))).toEqual({ outcome: 'conflict' });
      expect(await readAll(here, id)).toEqual([1, 2, 3]);
      expect(await readAll(there, id)).toEqual([1, 2, 3]);
      there.close();
    });

    it('[P4] a process that heard nothing answers a reader that has heard more, and lets people do what is possible by now', async () => {
      const { store, log: here } = await setUp();
      const deaf = new JobLog(store, new InProcessRelay(), new FakeClock());
      onTestFinished(() => deaf.close());
      const id = await createRunning(here, 3);
      await deaf.load(id);
      await here.append(id, 5, { type: 'fail', error: jobError('SERVER_ERROR') });
      expect((await deaf.load(id))?.job.lastEventSeq).toBe(5);
      expect((await deaf.loadFor(id, { seq: 6 }))?.job).toMatchObject({ lastEventSeq: 6, status: 'failed' });
      await here.appendAtHead(id, { type: 'retry' });
      await here.append(id, 7, START);
      await here.append(id, 8, { type: 'fail', error: jobError('SERVER_ERROR') });
      expect(await deaf.appendAtHead(id, { type: 'retry' })).toMatchObject({ outcome: 'appended' });
    });

    it('what another process wrote is asked for once for all watchers, and again only if more came meanwhile', async () => {
      const { store, relay, log: here } = await setUp();
      const slow = createSlowStore(store, createRandom(1));
      const asked: number[] = [];
      const readTail: Store['readTail'] = (jobId, afterSeq, limit) => {
        asked.push(afterSeq);
        return slow.readTail(jobId, afterSeq, limit);
      };
      const there = new JobLog({ ...slow, readTail }, relay, new FakeClock());
      onTestFinished(() => there.close());
      const id = await createRunning(here, 3);
      const readers = await Promise.all(Array.from({ length: 20 }, () => createReader(there, id)));
      expect(asked).toEqual([0]);
      await Promise.all(upTo(30).map((percent) => here.appendAtHead(id, step(percent))));
      await Promise.all(readers.map((reader) => reader.reaches(35)));
      expect(asked).toEqual([0, 5]);
      for (const { seqs } of readers) expect(seqs).toEqual(upTo(35));
    });

    it('a process that heard nothing learns it when its write is refused, or when it asks', async () => {
      const { store, log: here } = await setUp();
      const deaf = new JobLog(store, new InProcessRelay(), new FakeClock());
      const { id } = await createJob(here);
      await deaf.load(id);
      await here.append(id, 1, START);
      expect(await deaf.append(id, 1, START)).toEqual({ outcome: 'conflict' });
      expect(deaf.peek(id)?.job.status).toBe('running');
      await here.append(id, 2, step(10));
      let woken = false;
      await deaf.watch(id, () => {
        woken = true;
      });
      await deaf.refresh(id);
      expect(woken).toBe(true);
      expect(await readAll(deaf, id)).toEqual([1, 2, 3]);
      deaf.close();
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      '[P4] both write and read at random, answers of the store are late: nothing is lost, repeated or taken back (seed %i)',
      async (seed) => {
        const random = createRandom(seed);
        const { store, relay, log: writer } = await setUp();
        const first = await createJob(writer);
        await writer.append(first.id, 1, START);
        const bounds = { ringEvents: 4, ringJobs: 2 };
        const logs = [1, 2].map(() => new JobLog(createSlowStore(store, random), relay, new FakeClock(), bounds));
        const readers = await Promise.all(logs.map((log) => createReader(log, first.id)));
        const late: ReturnType<typeof createReader>[] = [];
        await Promise.all(
          logs.map(async (log) => {
            for (let count = 0; count < 25; count++) {
              expect((await log.appendAtHead(first.id, step(count))).outcome).toBe('appended');
              if (count % 6 !== 5) continue;
              const third = new JobLog(createSlowStore(store, random), relay, new FakeClock(), bounds);
              onTestFinished(() => third.close());
              late.push(createReader(third, first.id));
            }
          }),
        );
        for (const reader of [...readers, ...(await Promise.all(late))]) {
          await reader.reaches(52);
          expect(reader.seqs).toEqual(upTo(52));
          expect(reader.heads).toEqual([...reader.heads].sort((a, b) => a - b));
        }
        for (const log of logs) expect((await log.load(first.id))?.job.lastEventSeq).toBe(52);
        const events = await store.readEvents(first.id, 1, 100);
        expect(events.reduce(applyEvent, first)).toEqual((await store.readJob(first.id))?.job);
        for (const log of logs) log.close();
      },
    );
  });
});

/** Reads a job as a connection does: woken, from its own cursor. Notes the head it saw at each wake. */
async function createReader(log: JobLog, jobId: string) {
  const seqs: number[] = [];
  const heads: number[] = [];
  let reading = Promise.resolve();
  let reached = () => {};
  const read = async () => {
    const events = await log.readEvents(jobId, seqs.at(-1) ?? 0, 3);
    seqs.push(...events.map(({ event }) => event.seq));
    reached();
    if (events.length > 0) await read();
  };
  const wake = () => {
    const head = log.peek(jobId)?.job.lastEventSeq;
    if (head !== undefined) heads.push(head);
    reading = reading.then(read);
  };
  await log.watch(jobId, wake);
  wake();
  const reaches = async (head: number) => {
    while ((seqs.at(-1) ?? 0) < head)
      await new Promise<void>((resolve) => {
        reached = resolve;
      });
    await reading;
  };
  return { seqs, heads, reaches };
}
