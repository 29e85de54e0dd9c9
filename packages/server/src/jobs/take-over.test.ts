import { describe, expect, it } from 'vitest';
import { leavesWorkRunning } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { type Core, type CoreOptions, createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';
import { openSharedStore } from '../testing/shared-store.ts';
import { followBackends } from './backend-directory.ts';

/** Longer than a worker may be silent. */
const SLEEP_MS = 30_000;
const BEAT_MS = 5_000;

/** Two processes on one storage that hear nothing of each other, each with a clock of its own and the same backend. */
async function setUpTwo(traits: ManualOptions, policy: CoreOptions['policy'] = {}) {
  const shared = await openSharedStore();
  const start = async (workerId: string) => {
    const provider = createManualProvider({ name: 'one', ...traits });
    const core = await setUpCore({ providers: [provider], shared, workerId, policy });
    await core.worker.start();
    return { ...core, provider };
  };
  return { first: await start('first'), second: await start('second') };
}

/** Longest time of a picture. */
const WORK_MS = 180_000;

/** Processes on machines of their own that share a storage: each has a backend `one` that only its machine reaches. */
async function setUpMachines(capabilities: ManualOptions['capabilities'] = { resume: true }) {
  const shared = await openSharedStore();
  /** A worker there, at the time of `like`. */
  const start = async (machine: string, workerId = machine, like?: Core) => {
    const provider = createManualProvider({ name: 'one', timeoutMs: WORK_MS, capabilities });
    const core = await setUpCore({ providers: [provider], shared, workerId, machine });
    if (like !== undefined) core.clock.sleep(like.clock.now() - core.clock.now());
    await core.worker.start();
    const options = { ...core, workers: shared.workers, takeOverAfterMs: 20_000, ownId: workerId, onFault: () => {} };
    const hear = async () => (await followBackends(options))();
    return { ...core, provider, hear };
  };
  const first = await start('first');
  const second = await start('second');
  await second.hear();
  return { first, second, start };
}

type Two = Awaited<ReturnType<typeof setUpTwo>>;

/** A job that the first one works on, taken by its backend as `u-1`; then the first one sleeps for too long. */
async function leaveBehind({ first, second }: Two) {
  const { id } = await createJob(first);
  const before = await first.provider.nextRun();
  await before.say({ type: 'accepted', upstreamId: 'u-1' });
  await before.step(1);
  await jobWhen(first, id, ({ percent }) => percent === 20);
  second.clock.sleep(SLEEP_MS);
  return { id, before };
}

/** The same, and the second takes over. */
async function takeOver(two: Two) {
  const left = await leaveBehind(two);
  await two.second.worker.beat();
  return { ...left, after: await two.second.provider.nextRun() };
}

describe('A worker that sleeps and wakes', () => {
  it('[J8] another one goes on with the same work at the backend; the sleeper lets go of it without stopping it', async () => {
    const two = await setUpTwo({ capabilities: { resume: true } });
    const { id, before, after } = await takeOver(two);
    expect(after.resume).toBe('u-1');

    two.first.clock.sleep(SLEEP_MS);
    await before.released;
    expect(leavesWorkRunning(before.signal)).toBe(true);
    await after.finish();
    expect(await jobWhen(two.second, id, hasStatus('completed'))).toMatchObject({ attempt: 1, provider: 'one' });
  });

  it('[J3] the sleeper stops its own work if the other one has other work at the backend by now', async () => {
    const two = await setUpTwo({ capabilities: { resume: true } });
    const { id, before, after } = await takeOver(two);
    await after.say({ type: 'accepted', upstreamId: 'u-2' });
    await jobWhen(two.second, id, ({ upstreamId }) => upstreamId === 'u-2');

    two.first.clock.sleep(SLEEP_MS);
    await before.released;
    expect([before.signal.aborted, leavesWorkRunning(before.signal)]).toEqual([true, false]);
    await after.finish();
    await jobWhen(two.second, id, hasStatus('completed'));
  });

  it('[J3] work that cannot be gone on with is begun anew; the sleeper stops its own', async () => {
    const two = await setUpTwo({ capabilities: { resume: false } });
    const { id, before, after } = await takeOver(two);
    expect(after.resume).toBeUndefined();

    two.first.clock.sleep(SLEEP_MS);
    await before.released;
    expect(before.signal.aborted).toBe(true);
    expect(leavesWorkRunning(before.signal)).toBe(false);
    await after.finish();
    expect(await jobWhen(two.second, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
  });

  it('[J3] what the sleeper left at the backend is ended, if that can be done, before the job runs again', async () => {
    const asked: string[] = [];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const stopLeft = (upstreamId: string) => {
      asked.push(upstreamId);
      return ended;
    };
    const { first, second } = await setUpTwo({ capabilities: { resume: false }, stopLeft });
    const { id } = await leaveBehind({ first, second });
    await second.worker.beat();
    await eventually(() => asked.length === 1);
    expect(asked).toEqual(['u-1']);
    expect(second.provider.requests).toEqual([]);
    end();
    await (await second.provider.nextRun()).finish();
    expect(await jobWhen(second, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
  });

  it('[J3] a backend that cannot be asked is asked again for half a minute; then it is for a person to say', async () => {
    let asked = 0;
    const stopLeft = async () => {
      asked++;
      throw new ProviderError('NETWORK_DISCONNECTED');
    };
    const { first, second } = await setUpTwo({ capabilities: { resume: false }, stopLeft });
    const { id } = await leaveBehind({ first, second });
    const askInVain = async (before: number) => {
      for (let seconds = 0; seconds < 30; seconds++) {
        await eventually(() => asked === before + seconds + 1 && second.clock.pending > 0);
        second.clock.advance(1_000);
      }
    };
    await second.worker.beat();
    await askInVain(0);
    const failed = await jobWhen(second, id, hasStatus('failed'));
    expect(failed).toMatchObject({ attempt: 2, error: { code: 'SERVER_ERROR', retryable: true } });
    expect(failed.error?.message).toContain('may have been made there');
    expect(second.provider.requests).toEqual([]);

    expect(asked).toBe(31);
    await second.jobs.retry(id);
    await askInVain(31);
    await (await second.provider.nextRun()).finish();
    expect(await jobWhen(second, id, hasStatus('completed'))).toMatchObject({ attempt: 3 });
  });

  it('[J3] work of which nobody has an id is not done again by the server: the job fails, and a person may retry it', async () => {
    const two = await setUpTwo({ capabilities: { traceable: false, cancel: 'detaches' } });
    const { first, second } = two;
    const { id } = await createJob(first);
    const before = await first.provider.nextRun();
    await before.step(1);
    await jobWhen(first, id, ({ percent }) => percent === 20);
    second.clock.sleep(SLEEP_MS);
    await second.worker.beat();
    expect(await jobWhen(second, id, hasStatus('failed'))).toMatchObject({ attempt: 1, error: { retryable: true } });

    first.clock.sleep(SLEEP_MS);
    await before.released;
    expect(second.provider.requests).toEqual([]);
    await second.jobs.retry(id);
    await (await second.provider.nextRun()).finish();
    expect(await jobWhen(second, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
  });

  it('[J3] work at a backend that only the sleeper reaches is left alone; the sleeper goes on with it', async () => {
    const { first, second } = await setUpMachines();
    const { id, before } = await leaveBehind({ first, second });
    await second.worker.beat();
    expect((await second.store.readJob(id))?.job).toMatchObject({ status: 'running', attempt: 1 });
    first.clock.sleep(SLEEP_MS);
    await first.worker.beat();
    await before.finish();
    expect(await jobWhen(first, id, hasStatus('completed'))).toMatchObject({ attempt: 1, provider: 'one' });
    expect(second.provider.requests).toEqual([]);
  });

  it.each([true, false])(
    '[J3] or the next worker on its machine does: gone on with, or ended first (resume: %s); a backend of the same name elsewhere gets nothing',
    async (resume) => {
      const { first, second, start } = await setUpMachines({ resume });
      const { id } = await leaveBehind({ first, second });
      await second.worker.beat();
      const third = await start('first', 'third', second);
      await third.worker.beat();
      const run = await third.provider.nextRun();
      expect(run.resume).toBe(resume ? 'u-1' : undefined);
      await run.finish();
      expect(await jobWhen(third, id, hasStatus('completed'))).toMatchObject({ attempt: resume ? 1 : 2 });
      expect(second.provider.requests).toEqual([]);
    },
  );

  it('[J8] a planned stop: what goes on at its machine waits for the next worker there', async () => {
    const { first, second, start } = await setUpMachines();
    const { id } = await createJob(first);
    await (await first.provider.nextRun()).say({ type: 'accepted', upstreamId: 'u-1' });
    await jobWhen(first, id, ({ upstreamId }) => upstreamId === 'u-1');
    await first.worker.stop();
    await second.hear();
    await second.putBack.all();
    expect((await second.store.readJob(id))?.job).toMatchObject({ status: 'queued', upstreamAt: 'scripted at first' });
    const third = await start('first', 'third', second);
    const run = await third.provider.nextRun();
    expect(run.resume).toBe('u-1');
    await run.finish();
    expect(await jobWhen(third, id, hasStatus('completed'))).toMatchObject({ attempt: 1 });
    expect(second.provider.requests).toEqual([]);
  });

  it('[J3] if nobody who reaches it comes back within its time limit, another backend begins anew', async () => {
    const { first, second } = await setUpMachines();
    const { id } = await leaveBehind({ first, second });
    for (let silentMs = SLEEP_MS; silentMs < WORK_MS; silentMs += SLEEP_MS) {
      await second.worker.beat();
      await second.hear();
      expect((await second.store.readJob(id))?.job.status).toBe('running');
      second.clock.sleep(SLEEP_MS);
    }
    await second.worker.beat();
    await (await second.provider.nextRun()).finish();
    expect(await jobWhen(second, id, hasStatus('completed'))).toMatchObject({ attempt: 2, provider: 'one' });
  });

  it('[J3] a process that slept before submitting again looks whether the job is still its own, and submits nothing', async () => {
    const { first, second } = await setUpTwo({}, { retryDelaysMs: [1_000] });
    const { id } = await createJob(first);
    (await first.provider.nextRun()).end(new ProviderError('SERVER_ERROR'));
    await eventually(async () => (await readLog(first, id)).at(-1)?.notice?.kind === 'retry');
    second.clock.sleep(SLEEP_MS);
    await second.worker.beat();
    const after = await second.provider.nextRun();

    first.clock.sleep(SLEEP_MS);
    await eventually(() => first.pool.backends.every(({ running }) => running === 0));
    expect(first.provider.requests).toHaveLength(1);
    await after.finish();
    await jobWhen(second, id, hasStatus('completed'));
  });

  it('[E1] what the sleeper says after waking is not written: it stops at its first word', async () => {
    const two = await setUpTwo({ capabilities: { resume: true } });
    const { id, before, after } = await takeOver(two);
    await jobWhen(two.second, id, hasStatus('running'));
    const { length } = await readLog(two.second, id);
    two.first.clock.sleep(1_000);
    void before.step(2);
    await before.released;
    expect(leavesWorkRunning(before.signal)).toBe(true);
    expect(await readLog(two.second, id)).toHaveLength(length);
    await after.finish();
    await jobWhen(two.second, id, hasStatus('completed'));
    expect(two.first.faults).toEqual([]);
  });

  it('a worker that is alive keeps its jobs', async () => {
    const { first, second } = await setUpTwo({ capabilities: { resume: true } });
    const { id } = await createJob(first);
    const run = await first.provider.nextRun();
    for (let beats = 0; beats < 10; beats++) {
      for (const { clock, worker } of [first, second]) {
        clock.advance(BEAT_MS);
        await worker.beat();
      }
    }
    await run.finish();
    expect(await jobWhen(first, id, hasStatus('completed'))).toMatchObject({ attempt: 1 });
    expect(second.provider.requests).toEqual([]);
  });
});
