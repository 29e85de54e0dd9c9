import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { applyEvent, type Job, jobError, type ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RelayNotice } from '../relay.ts';
import { InProcessRelay } from '../relays/in-process/in-process-relay.ts';
import { isStorageError } from '../storage-error.ts';
import type { Store } from '../store.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { createRandom } from '../testing/random.ts';
import { firstEvent, recordOf, sampleJob } from '../testing/sample-job.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import type { RingBounds } from './hot-jobs.ts';
import { JobLog, type Written } from './job-log.ts';
import type { Change } from './transition.ts';

const START = { type: 'start', provider: 'sketch' } as const satisfies Change;
const NOON = Date.parse('2026-01-01T12:00:00.000Z');
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

/** The store, with a record of which ends of logs it was asked for, and a gate that holds its answers back. */
function watchTails(store: Store) {
  const asked: number[] = [];
  let gate = Promise.resolve();
  let answers = 0;
  const readTail: Store['readTail'] = async (jobId, afterSeq, limit) => {
    asked.push(afterSeq);
    const tail = await store.readTail(jobId, afterSeq, limit);
    answers++;
    await gate;
    return tail;
  };
  /** From now on answers are late: they come once the gate is opened, which is what this returns. */
  const shut = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  return {
    store: { ...createSlowStore(store, createRandom(1)), readTail } satisfies Store,
    asked,
    shut,
    hasAnswered: (count: number) => eventually(() => answers === count),
  };
}

describe('JobLog, as one of several processes', () => {
  /** `here` writes, and `there` hears of it and asks the store. */
  async function setUpTwo(bounds: Partial<RingBounds> = {}) {
    const { store, relay, log: here } = await setUp();
    const tails = watchTails(store);
    const there = new JobLog(tails.store, relay, new FakeClock(), bounds);
    const deaf = new JobLog(tails.store, new InProcessRelay(), new FakeClock(), bounds);
    onTestFinished(() => {
      there.close();
      deaf.close();
    });
    return { ...tails, origin: store, relay, here, there, deaf };
  }

  describe('load', () => {
    it('[P4] does not miss an append that comes while the job is being loaded', async () => {
      const { here, there, asked, shut, hasAnswered } = await setUpTwo();
      const { id } = await createJob(here);
      const open = shut();
      const loading = there.load(id);
      await hasAnswered(1);
      await here.append(id, 1, START);
      open();
      expect((await loading)?.job.lastEventSeq).toBe(2);
      expect(asked).toEqual([0, 0]);
      expect(await readAll(there, id)).toEqual([1, 2]);
    });

    /** A job that a log is making: it is on disk, and its maker does not know so until it is told. */
    async function beginToCreate() {
      const { origin, store, relay, ...tails } = await setUpTwo();
      const onDisk = Promise.withResolvers<void>();
      const told = Promise.withResolvers<void>();
      const createJob: Store['createJob'] = async (...asked) => {
        const result = await origin.createJob(...asked);
        onDisk.resolve();
        await told.promise;
        return result;
      };
      const log = new JobLog({ ...store, createJob }, relay, new FakeClock());
      onTestFinished(() => log.close());
      const job = sampleJob({ lastEventSeq: 0 });
      const creating = log.create(job, 'epoch-1');
      await onDisk.promise;
      const tell = async () => {
        told.resolve();
        await creating;
      };
      return { ...tails, log, id: job.id, tell };
    }

    it('[P4] keeps a job that is loaded before its creation is known, and those who watch it', async () => {
      const { log, id, tell } = await beginToCreate();
      let wakes = 0;
      await log.watch(id, () => wakes++);
      const loaded = log.peek(id);
      await tell();
      expect(log.peek(id)).toBe(loaded);
      await log.append(id, 1, START);
      expect(wakes).toBe(1);
    });

    it('[P4] keeps a job whose creation becomes known while it is loaded, and those who watch it', async () => {
      const { log, id, tell, shut, hasAnswered } = await beginToCreate();
      const open = shut();
      const loading = log.load(id);
      await hasAnswered(1);
      await tell();
      let wakes = 0;
      await log.watch(id, () => wakes++);
      open();
      expect(await loading).toBe(log.peek(id));
      await log.append(id, 1, START);
      expect(wakes).toBe(1);
    });

    it('asks again for a job that was unknown', async () => {
      const { here, there } = await setUpTwo();
      const job = sampleJob({ lastEventSeq: 0 });
      expect(await there.load(job.id)).toBeUndefined();
      await here.create(job, 'epoch-1');
      expect((await there.load(job.id))?.job.id).toBe(job.id);
    });
  });

  describe('loadFor', () => {
    it.each([
      ['behind the head', { seq: 1 }],
      ['at the head', { seq: 2 }],
      ['at the head of the current epoch', { seq: 2, epoch: 'epoch-1' }],
    ])('[P1] does not ask the store for a reader %s', async (_where, position) => {
      const { here, there, asked } = await setUpTwo();
      const { id } = await createJob(here);
      await here.append(id, 1, START);
      await there.load(id);
      expect((await there.loadFor(id, position))?.job.lastEventSeq).toBe(2);
      expect(asked).toEqual([0]);
    });

    it.each([
      ['beyond the head', { seq: 3 }],
      ['in another epoch', { seq: 1, epoch: 'epoch-2' }],
    ])('[P1] asks the store for a reader %s, and answers what is there', async (_where, position) => {
      const { here, there, asked } = await setUpTwo();
      const { id } = await createJob(here);
      await here.append(id, 1, START);
      await there.load(id);
      expect(await there.loadFor(id, position)).toMatchObject({ epoch: 'epoch-1', job: { lastEventSeq: 2 } });
      expect(asked).toEqual([0, 2]);
    });

    it('[P1] waits for an event that this process is writing instead of asking for it', async () => {
      const { here, there, asked } = await setUpTwo();
      const { id } = await createJob(here);
      await there.load(id);
      const appending = there.append(id, 1, START);
      expect((await there.loadFor(id, { seq: 2 }))?.job.lastEventSeq).toBe(2);
      expect(asked).toEqual([0]);
      await appending;
    });

    it('of an unknown job is undefined', async () => {
      const { there } = await setUpTwo();
      expect(await there.loadFor('unknown', { seq: 1 })).toBeUndefined();
    });
  });

  describe('a log that is rewritten under another epoch', () => {
    async function setUpRestored() {
      const two = await setUpTwo();
      const { id } = await createJob(two.here);
      await two.here.append(id, 1, START);
      await two.deaf.load(id);
      await two.origin.deleteJob(id);
      const job = sampleJob({ id });
      await two.origin.createJob(job, 'epoch-2', firstEvent(job));
      return { ...two, id };
    }

    it('[P1] replaces what is in memory, and wakes its readers', async () => {
      const { deaf, id, asked } = await setUpRestored();
      let wakes = 0;
      await deaf.watch(id, () => wakes++);
      await deaf.refresh(id);
      expect(deaf.peek(id)).toMatchObject({ epoch: 'epoch-2', job: { lastEventSeq: 1, status: 'queued' } });
      expect(deaf.peekEvents(id, 0, 10)?.map(({ event }) => event.seq)).toEqual([1]);
      expect(wakes).toBe(1);
      expect(asked).toEqual([0, 2, 0]);
    });

    it('[P1] is found for a reader that knows it already', async () => {
      const { deaf, id } = await setUpRestored();
      expect(await deaf.loadFor(id, { seq: 1, epoch: 'epoch-2' })).toMatchObject({ epoch: 'epoch-2' });
    });

    it('[P1] can be written to', async () => {
      const { deaf, id } = await setUpRestored();
      await deaf.refresh(id);
      expect(await deaf.append(id, 1, START)).toMatchObject({ outcome: 'appended', record: { epoch: 'epoch-2' } });
    });
  });

  describe('refresh', () => {
    it('[P3] wakes no one when nothing has changed', async () => {
      const { here, deaf, asked } = await setUpTwo();
      const { id } = await createJob(here);
      let wakes = 0;
      await deaf.watch(id, () => wakes++);
      await deaf.refresh(id);
      expect([wakes, asked]).toEqual([0, [0, 1]]);
    });

    it('[P3] learns that a job is gone, and wakes its readers', async () => {
      const { here, deaf } = await setUpTwo();
      const { id } = await createJob(here);
      let wakes = 0;
      await deaf.watch(id, () => wakes++);
      await here.delete(id);
      expect(deaf.peek(id)).toBeDefined();
      await deaf.refresh(id);
      expect(deaf.peek(id)).toBeUndefined();
      expect(wakes).toBe(1);
    });

    it('asks nothing for a job that is not in memory, or that is being written', async () => {
      const { here, there, asked } = await setUpTwo();
      const { id } = await createJob(here);
      await there.refresh(id);
      expect(asked).toEqual([]);
      await there.load(id);
      const appending = there.append(id, 1, START);
      await Promise.resolve();
      await there.refresh(id);
      expect(asked).toEqual([0]);
      await appending;
    });

    it.each([
      [2, [1, 2, 3, 4]],
      [4, [3, 4, 5, 6]],
      [9, [8, 9, 10, 11]],
    ])(
      '[P4] after %i events that it did not hear of, it has the newest in memory, without a gap',
      async (missed, ring) => {
        const { here, deaf } = await setUpTwo({ ringEvents: 4 });
        const id = await createRunning(here, 0);
        await deaf.load(id);
        for (let seq = 2; seq < missed + 2; seq++) await here.append(id, seq, step(seq));
        await deaf.refresh(id);
        const first = ring[0] ?? 0;
        expect(deaf.peekEvents(id, first - 1, 10)?.map(({ event }) => event.seq)).toEqual(ring);
        expect(first === 1 ? undefined : deaf.peekEvents(id, first - 2, 10)).toBeUndefined();
        expect(await readAll(deaf, id)).toEqual(upTo(missed + 2));
      },
    );
  });

  describe('notices', () => {
    it('[P3] a notice of a head that is known wakes the readers and asks nothing', async () => {
      const { here, there, relay, asked } = await setUpTwo();
      const { id } = await createJob(here);
      let wakes = 0;
      await there.watch(id, () => wakes++);
      relay.publish({ jobId: id, head: 1 });
      expect([wakes, asked]).toEqual([1, [0]]);
    });

    it('[P3] a notice that cannot be followed, because the store does not answer, is made up for later', async () => {
      const { here, relay, store, asked } = await setUpTwo();
      const { id } = await createJob(here);
      let isDown = false;
      const readTail: Store['readTail'] = async (...question) => {
        if (isDown) throw new Error('the store does not answer');
        return store.readTail(...question);
      };
      const log = new JobLog({ ...store, readTail }, relay, new FakeClock());
      onTestFinished(() => log.close());
      await log.load(id);
      isDown = true;
      await here.append(id, 1, START);
      await expect(log.refresh(id)).rejects.toThrow('the store does not answer');
      isDown = false;
      await log.refresh(id);
      expect(log.peek(id)?.job.lastEventSeq).toBe(2);
      expect(asked).toEqual([0, 1]);
    });

    it('a closed log hears nothing and keeps nothing', async () => {
      const { here, there } = await setUpTwo();
      const { id } = await createJob(here);
      let wakes = 0;
      await there.watch(id, () => wakes++);
      there.close();
      await here.append(id, 1, START);
      expect([wakes, there.peek(id)]).toEqual([0, undefined]);
    });
  });

  describe('catchUp', () => {
    it('[P3] finds every job that moved or went, and asks for no other', async () => {
      const { here, deaf, asked } = await setUpTwo();
      const [moved, gone, still] = [await createJob(here), await createJob(here), await createJob(here)];
      const wakes: string[] = [];
      for (const { id } of [moved, gone, still]) await deaf.watch(id, () => wakes.push(id));
      await here.append(moved.id, 1, START);
      await here.delete(gone.id);
      asked.length = 0;
      await deaf.catchUp();
      expect(wakes.toSorted()).toEqual([moved.id, gone.id].toSorted());
      expect(deaf.peek(moved.id)?.job.lastEventSeq).toBe(2);
      expect(deaf.peek(gone.id)).toBeUndefined();
      expect(asked).toHaveLength(2);
    });

    it('asks for the heads of a thousand jobs at once, and of none that is being written', async () => {
      const { store, relay, here } = await setUpTwo();
      const questions: number[] = [];
      const readHeads: Store['readHeads'] = (jobIds) => {
        questions.push(jobIds.length);
        return store.readHeads(jobIds);
      };
      const log = new JobLog({ ...store, readHeads }, relay, new FakeClock());
      onTestFinished(() => log.close());
      await log.catchUp();
      expect(questions).toEqual([]);
      const jobs = await Promise.all(Array.from({ length: 1_002 }, () => createJob(here)));
      await Promise.all(jobs.map(({ id }) => log.load(id)));
      const writing = log.append(jobs[0]?.id ?? '', 1, START);
      await Promise.resolve();
      await log.catchUp();
      expect(questions).toEqual([1_000, 1]);
      await writing;
    });
  });
});

describe('JobLog, what it keeps with a job', () => {
  it('makes the first event of a job at the time of the job, and says nothing of one that was made before', async () => {
    const { store, relay } = await setUp();
    const made: (string | undefined)[] = [];
    const onWritten = ({ change }: Written) => void made.push(change?.type);
    const log = new JobLog(store, relay, new FakeClock(), { onWritten });
    onTestFinished(() => log.close());
    const origin = { idempotency: { key: 'k', digest: 'd' } };
    const job = sampleJob({ lastEventSeq: 0 });
    expect(await log.create(job, 'epoch-1', origin)).toMatchObject({ outcome: 'created' });
    expect(log.peekEvents(job.id, 0, 10)?.map(({ event }) => event)).toEqual([firstEvent(job)]);
    const again = sampleJob({ lastEventSeq: 0 });
    expect(await log.create(again, 'epoch-2', origin)).toMatchObject({
      outcome: 'exists',
      sameRequest: true,
      record: { job: { id: job.id } },
    });
    expect(log.peek(again.id)).toBeUndefined();
    expect(made).toEqual([undefined]);
  });

  it('[J3] the worker that starts it, until it is over', async () => {
    const { log } = await setUp();
    const { id } = await createJob(log);
    expect(log.peek(id)?.worker).toBeUndefined();
    await log.append(id, 1, { ...START, worker: 'worker-1' });
    expect(log.peek(id)?.worker).toBe('worker-1');
    await log.append(id, 2, step(10));
    expect(log.peek(id)?.worker).toBe('worker-1');
    await log.appendAtHead(id, { type: 'cancel' });
    expect(log.peek(id)?.worker).toBeUndefined();
  });

  it('[R2] its ticket, and a new one at a retry', async () => {
    const { log } = await setUp();
    const { id } = await createJob(log);
    const later = await createJob(log);
    const ticketOf = (jobId: string) => log.peek(jobId)?.ticket ?? Number.NaN;
    const first = ticketOf(id);
    await log.append(id, 1, START);
    await log.append(id, 2, { type: 'fail', error: jobError('SERVER_ERROR') });
    expect(ticketOf(id)).toBe(first);
    expect(first).toBeLessThan(ticketOf(later.id));
    await log.append(id, 3, { type: 'retry' });
    expect(ticketOf(id)).toBeGreaterThan(ticketOf(later.id));
  });

  it('[R11] the tickets that a move gives its owner’s jobs, also in memory', async () => {
    const { log, store } = await setUp({ ringEvents: 8, ringJobs: 2 });
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      const job = sampleJob({ lastEventSeq: 0 });
      await log.create(job, 'epoch-1', { owner: 'owner-1' });
      ids.push(job.id);
    }
    const [first = '', , last = ''] = ids;
    const moved = await log.move('owner-1', last, first);
    expect(moved?.map(({ jobId }) => jobId)).toEqual([last, first, ids[1]]);
    // The oldest is not in memory any more, and stays out.
    expect(ids.map((id) => log.peek(id) !== undefined)).toEqual([false, true, true]);
    for (const { jobId, ticket } of moved ?? []) {
      expect((await store.readJob(jobId))?.ticket).toBe(ticket);
      expect((await log.load(jobId))?.ticket).toBe(ticket);
    }
    expect(await log.move('owner-2', last, first)).toBeUndefined();
  });

  describe('in a conversation', () => {
    const OWNER = 'owner-1';
    const CONVERSATION = { id: 'conversation-1', title: '', createdAt: '2026-01-01T00:00:00.000Z' };

    /** A log that projects events, steps as no news, and a job whose message is in a conversation. */
    async function setUpProjected() {
      const { store, relay } = await setUp();
      const projected: string[] = [];
      const project = (job: Job, event: ProgressEvent) => {
        projected.push(`${job.status} ${event.seq}`);
        return { content: `at ${event.seq}`, metadata: {}, news: event.step === undefined };
      };
      const log = new JobLog(store, relay, new FakeClock(NOON), { project });
      const notices: RelayNotice[] = [];
      relay.subscribe((notice) => {
        if ('conversationId' in notice) notices.push(notice);
      });
      onTestFinished(() => log.close());
      await store.conversations.create({ ...CONVERSATION, updatedAt: CONVERSATION.createdAt }, OWNER);
      const job = sampleJob({ lastEventSeq: 0 });
      const { id, prompt } = job;
      const metadata = { type: 'image', status: 'queued', progress: 0, queue_position: 0, job_id: id, prompt } as const;
      const turn = {
        conversationId: CONVERSATION.id,
        owner: OWNER,
        at: CONVERSATION.createdAt,
        messages: [{ role: 'bot' as const, content: '', metadata }],
        title: 'lighthouse',
      };
      await log.create(job, 'epoch-1', { owner: OWNER, turn });
      const content = async () => (await store.conversations.readTurnOfJob(id))[0]?.content;
      return { store, log, id, projected, notices, content };
    }

    it('[M8] writes what an event changes in its message, and notifies the owner of news', async () => {
      const { log, id, projected, notices, content } = await setUpProjected();
      await log.append(id, 1, START);
      const news = { conversationId: CONVERSATION.id, owner: OWNER, updatedAt: new Date(NOON).toISOString() };
      expect([await content(), notices]).toEqual(['at 2', [news]]);
      await log.append(id, 2, { type: 'progress', percent: 10, step: 1, steps: 10 });
      expect([await content(), notices]).toEqual(['at 3', [news]]);
      expect(projected).toEqual(['running 2', 'running 3']);
    });

    it('[M8] projects nothing for a job that is in no conversation', async () => {
      const { log, projected, notices } = await setUpProjected();
      const { id } = await createJob(log);
      await log.append(id, 1, START);
      expect([projected, notices]).toEqual([[], []]);
    });

    it('[M8] notifies no one of a conversation that is gone', async () => {
      const { store, log, id, notices } = await setUpProjected();
      await store.conversations.delete(CONVERSATION.id, OWNER);
      expect(await log.append(id, 1, START)).toMatchObject({ outcome: 'appended' });
      expect(notices).toEqual([]);
    });
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
