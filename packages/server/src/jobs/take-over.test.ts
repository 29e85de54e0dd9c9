import { describe, expect, it } from 'vitest';
import { leavesWorkRunning } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';
import { openSharedStore } from '../testing/shared-store.ts';

/** Longer than a worker may be silent. */
const SLEEP_MS = 30_000;
const BEAT_MS = 5_000;

/** Two processes on one storage that hear nothing of each other, each with a clock of its own and the same backend. */
async function setUpTwo(traits: ManualOptions) {
  const shared = await openSharedStore();
  const start = async (workerId: string) => {
    const provider = createManualProvider({ name: 'one', ...traits });
    const core = await setUpCore({ providers: [provider], shared, workerId });
    await core.worker.start();
    return { ...core, provider };
  };
  return { first: await start('first'), second: await start('second') };
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

  it('[J3] a backend that cannot be asked is asked again for half a minute, and not waited for longer', async () => {
    let asked = 0;
    const stopLeft = async () => {
      asked++;
      throw new ProviderError('NETWORK_DISCONNECTED');
    };
    const { first, second } = await setUpTwo({ capabilities: { resume: false }, stopLeft });
    const { id } = await leaveBehind({ first, second });
    await second.worker.beat();
    for (let seconds = 0; seconds < 30; seconds++) {
      await eventually(() => asked === seconds + 1 && second.clock.pending > 0);
      expect(second.provider.requests).toEqual([]);
      second.clock.advance(1_000);
    }
    await (await second.provider.nextRun()).finish();
    expect(await jobWhen(second, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
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
