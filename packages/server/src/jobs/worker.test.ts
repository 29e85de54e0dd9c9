import { jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { StorageError } from '../storage-error.ts';
import type { Store } from '../store.ts';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';
import { change, firstEvent, sampleJob } from '../testing/sample-job.ts';
import { openSharedStore } from '../testing/shared-store.ts';
import type { WorkerReport } from '../worker-store.ts';
import type { Change } from './transition.ts';

const START = { type: 'start', provider: 'scripted' } as const;

/** Puts a job into the store as a process that died would have left it. */
async function leaveBehind(
  { store }: Pick<Awaited<ReturnType<typeof setUpCore>>, 'store'>,
  changes: readonly Change[],
  attempt = 1,
) {
  let job = sampleJob({ attempt });
  await store.createJob(job, 'epoch-1', firstEvent(job));
  for (const next of changes) {
    const write = change(job, next);
    await store.append({ ...write, newTicket: false });
    job = write.job;
  }
  return job.id;
}

describe('Worker', () => {
  it('[J3] runs what a dead process was running again, in the next attempt, and says so in the log', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const id = await leaveBehind(core, [START, { type: 'progress', percent: 40 }]);
    await core.worker.start();
    await (await provider.nextRun()).finish();
    expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
    const events = await readLog(core, id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    expect(events[3]).toMatchObject({ stage: 'queued', attempt: 2 });
    expect(events[3]?.message).toBe('The server stopped while working; running again, attempt 2 of 3');
  });

  it('[J3] a job that died while uploading runs again too', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const id = await leaveBehind(core, [START, { type: 'upload' }]);
    await core.worker.start();
    await provider.nextRun();
    expect((await core.log.load(id))?.job.attempt).toBe(2);
  });

  it('[J3] a job that dies with the server every time fails after its last attempt, for good', async () => {
    const core = await setUpCore({ providers: [createManualProvider()] });
    const id = await leaveBehind(core, [START, { type: 'rescue' }, START, { type: 'rescue' }, START]);
    const added: string[] = [];
    const add = core.queue.add.bind(core.queue);
    core.queue.add = (entry) => {
      added.push(entry.jobId);
      return add(entry);
    };
    await core.worker.start();
    const job = (await core.log.load(id))?.job;
    expect(job).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'SERVER_ERROR' } });
    expect(await core.jobs.retry(id)).toMatchObject({ ok: false, reason: 'wrong-state' });
    expect([await core.queue.size(), added]).toEqual([0, []]);
  });

  it('[C4] what waited before the restart waits in the same order, before what comes new', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const left = [await leaveBehind(core, []), await leaveBehind(core, [START]), await leaveBehind(core, [])];
    await core.worker.start();
    const fresh = await createJob(core);
    const order: string[] = [];
    for (const id of [...left, fresh.id]) {
      const run = await provider.nextRun();
      order.push((await jobWhen(core, id, hasStatus('running'))).id);
      await run.finish();
    }
    expect(order).toEqual([...left, fresh.id]);
  });

  it('leaves ended jobs alone', async () => {
    const core = await setUpCore({ providers: [createManualProvider()] });
    const id = await leaveBehind(core, [START, { type: 'upload' }, { type: 'complete', resultUrls: [] }]);
    const cancelled = await leaveBehind(core, [{ type: 'cancel' }]);
    await core.worker.start();
    expect(await core.queue.size()).toBe(0);
    expect((await readLog(core, id)).at(-1)?.stage).toBe('completed');
    expect((await readLog(core, cancelled)).at(-1)?.stage).toBe('cancelled');
  });

  it('[C5] a provider runs as many jobs at once as it says, several providers share the line', async () => {
    const one = createManualProvider({ name: 'one', concurrency: 1 });
    const two = createManualProvider({ name: 'two', concurrency: 2 });
    const core = await setUpCore({ providers: [one, two] });
    await core.worker.start();
    for (let index = 0; index < 5; index++) await createJob(core);
    const runs = await Promise.all([one.nextRun(), two.nextRun(), two.nextRun()]);
    expect(core.pool.backends.map(({ running }) => running)).toEqual([1, 2]);
    expect([one.running, two.running]).toEqual([1, 2]);
    expect(await core.queue.size()).toBe(2);
    await runs[0].finish();
    await one.nextRun();
    expect(await core.queue.size()).toBe(1);
  });

  it('[J3] a planned stop leaves the jobs in line for the next process, which runs them in the same attempt', async () => {
    const first = createManualProvider();
    const before = await setUpCore({ providers: [first] });
    await before.worker.start();
    const running = await createJob(before);
    const waiting = await createJob(before);
    await first.nextRun();
    await before.worker.stop();
    await before.store.close();

    const second = createManualProvider();
    const after = await setUpCore({ providers: [second], folder: before.folder });
    await after.worker.start();
    for (const { id } of [running, waiting]) {
      await (await second.nextRun()).finish();
      expect(await jobWhen(after, id, hasStatus('completed'))).toMatchObject({ attempt: 1 });
    }
  });
});

describe('Worker, in a storage that others use too', () => {
  const TAKE_OVER_MS = 20_000;
  const BEAT_MS = 5_000;
  /** As many jobs as are taken over in one go. */
  const BATCH = 1_000;

  /** A worker and what its storage is asked; `hooks` stand before the storage's answers. */
  async function setUpShared(traits: ManualOptions = {}) {
    const provider = createManualProvider(traits);
    const shared = await openSharedStore();
    const reports: WorkerReport[] = [];
    const hooks = {
      beforeReport: async () => {},
      listAbandoned: shared.listAbandoned,
      listWaiting: shared.listWaiting,
      readTail: shared.readTail,
    };
    const store: Store = {
      ...shared,
      workers: {
        report: async (report) => {
          await hooks.beforeReport();
          reports.push(report);
          return shared.workers.report(report);
        },
        list: (since) => shared.workers.list(since),
        forget: (before) => shared.workers.forget(before),
      },
      listAbandoned: (before, limit) => hooks.listAbandoned(before, limit),
      listWaiting: (after, limit) => hooks.listWaiting(after, limit),
      readTail: (jobId, afterSeq, limit) => hooks.readTail(jobId, afterSeq, limit),
    };
    const core = await setUpCore({ providers: [provider], shared: store, policy: { breakerFailures: 1 } });
    return { ...core, provider, reports, hooks };
  }

  const broken = new StorageError('the database is gone');
  const fail = () => Promise.reject(broken);

  it('says at once and four times in the time in which it may be silent that it lives', async () => {
    const { worker, clock, reports } = await setUpShared();
    const begin = clock.now();
    await worker.start();
    for (let beats = 1; beats <= 4; beats++) {
      clock.advance(BEAT_MS - 1);
      expect(reports).toHaveLength(beats);
      clock.advance(1);
      await worker.beat();
      expect(reports).toHaveLength(beats + 1);
    }
    expect(reports.map(({ id, seenAt }) => [id, seenAt - begin])).toEqual(
      [0, 1, 2, 3, 4].map((beat) => ['worker-1', beat * BEAT_MS]),
    );
    expect(reports[0]?.backends).toMatchObject([{ name: 'scripted', place: 'scripted' }]);
  });

  it('says nothing of itself in a storage of its own', async () => {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider], policy: { breakerFailures: 1 } });
    const heard: unknown[] = [];
    await core.worker.start();
    expect([core.clock.pending, core.worker.id]).toEqual([0, 'worker-1']);
    const { id } = await createJob(core);
    core.relay.subscribe((notice) => 'workerId' in notice && heard.push(notice));
    (await provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await jobWhen(core, id, hasStatus('failed'));
    await core.worker.stop();
    expect(core.pool.backends[0]?.breaker).toBe('open');
    expect([heard, await core.store.workers.list(0)]).toEqual([[], []]);
  });

  it('[C7] asks a backend whose breaker is open to leave jobs to the others', async () => {
    const one = createManualProvider({ name: 'one' });
    const two = createManualProvider({ name: 'two' });
    const core = await setUpCore({ providers: [one, two], policy: { breakerFailures: 1 } });
    await core.worker.start();
    await createJob(core);
    (await one.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await (await two.nextRun()).finish();
    await createJob(core);
    await (await two.nextRun()).finish();
    expect([one.requests.length, two.requests.length]).toEqual([1, 2]);
  });

  it('[C7] wakes a backend whose breaker is half-open', async () => {
    const one = createManualProvider({ name: 'one' });
    const two = createManualProvider({ name: 'two' });
    const core = await setUpCore({ providers: [one, two], policy: { breakerFailures: 1 } });
    await core.worker.start();
    await createJob(core);
    (await one.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await two.nextRun();
    await createJob(core);
    expect(one.requests).toHaveLength(1);
    core.clock.advance(60_000);
    await one.nextRun();
  });

  it('[J3] leaves the jobs of others alone when it starts', async () => {
    const core = await setUpShared();
    const id = await leaveBehind(core, [{ ...START, worker: 'alive' }]);
    await core.store.workers.report({ id: 'alive', seenAt: core.clock.now(), backends: [] });
    await core.worker.start();
    await core.worker.beat();
    expect((await core.store.readJob(id))?.job.status).toBe('running');
  });

  it('a stop makes it silent: what it left is taken over at once', async () => {
    const { worker, clock, reports, store } = await setUpShared();
    await worker.start();
    await worker.stop();
    expect(reports.at(-1)?.seenAt).toBe(clock.now() - TAKE_OVER_MS - 1);
    expect(await store.workers.list(clock.now() - TAKE_OVER_MS)).toEqual([]);
    clock.advance(10 * BEAT_MS);
    expect(reports).toHaveLength(2);
  });

  it('a stop that cannot be told is over all the same', async () => {
    const { worker, hooks, faults } = await setUpShared();
    await worker.start();
    hooks.beforeReport = fail;
    await worker.stop();
    expect(faults).toEqual([broken]);
  });

  it('a stop waits for the beat under way', async () => {
    const { worker, hooks, reports } = await setUpShared();
    await worker.start();
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    hooks.beforeReport = () => opened;
    const beat = worker.beat();
    expect(worker.beat()).toBe(beat);
    let isOver = false;
    const stopped = worker.stop().then(() => {
      isOver = true;
    });
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect([isOver, reports.length]).toEqual([false, 1]);
    open();
    await stopped;
    expect(reports.map(({ seenAt }) => seenAt)).toEqual(reports.map(({ seenAt }) => seenAt).toSorted((a, b) => b - a));
    expect(reports).toHaveLength(3);
  });

  it('a beat that fails is reported; the next one is tried again', async () => {
    const { worker, hooks, faults, reports } = await setUpShared();
    await worker.start();
    hooks.beforeReport = fail;
    await worker.beat();
    hooks.beforeReport = async () => {};
    await worker.beat();
    expect([faults, reports.length]).toEqual([[broken], 2]);
  });

  it('a comparison of queue and store that fails at the start is reported', async () => {
    const { worker, hooks, faults } = await setUpShared();
    hooks.listWaiting = fail;
    await worker.start();
    await eventually(() => faults.length > 0);
    expect(faults).toEqual([broken]);
  });

  it('[C7] tells the others at once that a breaker opened', async () => {
    const core = await setUpShared();
    const heard: unknown[] = [];
    core.relay.subscribe((notice) => heard.push(notice));
    await core.worker.start();
    await createJob(core);
    (await core.provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await eventually(() => heard.some((notice) => JSON.stringify(notice) === '{"workerId":"worker-1"}'));
    expect(core.reports.at(-1)?.backends).toMatchObject([{ breaker: 'open' }]);
  });

  it('[C7] tells nothing more of its breakers once it has stopped', async () => {
    const core = await setUpShared();
    await core.worker.start();
    const { id } = await createJob(core);
    (await core.provider.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await jobWhen(core, id, hasStatus('failed'));
    await core.worker.stop();
    const { length } = core.reports;
    core.clock.advance(60_000);
    expect(core.pool.backends[0]?.breaker).toBe('half-open');
    await core.store.check();
    expect(core.reports).toHaveLength(length);
  });

  it('[C7] what it cannot tell is reported, and it goes on', async () => {
    const core = await setUpShared();
    await core.worker.start();
    const { id } = await createJob(core);
    const run = await core.provider.nextRun();
    core.hooks.beforeReport = fail;
    run.end(new ProviderError('NETWORK_DISCONNECTED'));
    await jobWhen(core, id, hasStatus('failed'));
    await eventually(() => core.faults.includes(broken));
  });

  it.each([
    { found: BATCH, asks: 2 },
    { found: BATCH - 1, asks: 1 },
  ])('[J3] takes over $found jobs in $asks goes', async ({ found, asks }) => {
    const core = await setUpShared();
    const id = await leaveBehind(core, [START]);
    await core.worker.start();
    const record = await core.store.readJob(id);
    if (record === undefined) throw new Error('it is gone');
    const limits: number[] = [];
    core.hooks.listAbandoned = async (_before, limit) => {
      limits.push(limit);
      return limits.length === 1 ? Array.from({ length: found }, () => record) : [];
    };
    await core.worker.beat();
    expect(limits).toEqual(Array.from({ length: asks }, () => BATCH));
    expect((await readLog(core, id)).map(({ stage }) => stage).slice(0, 3)).toEqual(['queued', 'running', 'queued']);
  });

  it('[J3] does not ask again for jobs of which it is not decided what becomes', async () => {
    const core = await setUpShared();
    const id = await leaveBehind(core, [
      { type: 'start', provider: 'elsewhere' },
      { type: 'accept', upstreamId: 'u-1' },
    ]);
    await core.worker.start();
    const record = await core.store.readJob(id);
    if (record === undefined) throw new Error('it is gone');
    let asked = 0;
    core.hooks.listAbandoned = async () => {
      asked++;
      return Array.from({ length: BATCH }, () => record);
    };
    await core.worker.beat();
    expect([asked, core.faults]).toEqual([1, []]);
    expect((await core.store.readJob(id))?.job.status).toBe('running');
  });

  it('takes over nothing more once it stops', async () => {
    const core = await setUpShared();
    await core.worker.start();
    await core.worker.stop();
    let asked = 0;
    core.hooks.listAbandoned = async () => {
      asked++;
      return [];
    };
    await core.worker.beat();
    expect(asked).toBe(0);
  });

  it('forgets workers that were silent for an hour', async () => {
    const { worker, clock, store } = await setUpShared();
    const HOUR_MS = 3_600_000;
    await worker.start();
    await store.workers.report({ id: 'silent', seenAt: clock.now() - HOUR_MS, backends: [] });
    await worker.beat();
    expect((await store.workers.list(0)).map(({ id }) => id)).toEqual(['silent', 'worker-1']);
    clock.sleep(1);
    await worker.beat();
    expect((await store.workers.list(0)).map(({ id }) => id)).toEqual(['worker-1']);
  });

  it('[J3] a job whose store cannot be read is reported; the slot is free again', async () => {
    const core = await setUpShared();
    const id = await leaveBehind(core, [{ type: 'cancel' }]);
    await core.log.load(id);
    await core.worker.start();
    core.hooks.readTail = fail;
    await core.queue.add({ jobId: id, ticket: 1, backends: ['scripted'] });
    await eventually(() => core.faults.length > 0 && core.pool.backends[0]?.running === 0);
    expect(core.faults).toEqual([broken]);
    expect(core.provider.requests).toEqual([]);
  });

  it('[J3] runs a job of which another process knows more than this one', async () => {
    const core = await setUpShared();
    const id = await leaveBehind(core, [START, { type: 'fail', error: jobError('SERVER_ERROR') }]);
    const failed = (await core.log.load(id))?.job ?? sampleJob();
    await core.store.append({ ...change(failed, { type: 'retry' }), newTicket: true });
    await core.worker.start();
    await (await core.provider.nextRun()).finish();
    expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
  });

  it.each([
    { awayMs: TAKE_OVER_MS, looks: false },
    { awayMs: TAKE_OVER_MS + 1, looks: true },
  ])('[J3] looks whether its jobs are still its own after $awayMs ms without a word: $looks', async (tried) => {
    const core = await setUpShared();
    await core.worker.start();
    const { id } = await createJob(core);
    const run = await core.provider.nextRun();
    const job = await jobWhen(core, id, hasStatus('running'));
    // Another process writes, and this one does not hear of it.
    await core.store.append({ ...change(job, { type: 'cancel' }), newTicket: false });
    core.clock.sleep(tried.awayMs);
    await core.worker.beat();
    expect(run.signal.aborted).toBe(tried.looks);
  });
});
