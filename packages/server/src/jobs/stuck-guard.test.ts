import { describe, expect, it } from 'vitest';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';
import { createRandom } from '../testing/random.ts';
import { firstEvent, sampleJob } from '../testing/sample-job.ts';
import { createSlowStore } from '../testing/slow-store.ts';
import { BackendPool } from './backend-pool.ts';
import { endStuckJobs } from './stuck-guard.ts';

const STUCK_MS = 300_000;

async function begin(traits: ManualOptions = {}) {
  const provider = createManualProvider({ timeoutMs: 3_600_000, ...traits });
  const core = await setUpCore({ providers: [provider] });
  await core.worker.start();
  const { id } = await createJob(core);
  const run = await provider.nextRun();
  await jobWhen(core, id, hasStatus('running'));
  return { ...core, provider, id, run, guard: () => endStuckJobs({ ...core, stuckAfterMs: STUCK_MS }) };
}

/** A running job that no worker here holds, and the clock at its last event. */
async function leaveRunning(traits: ManualOptions = {}) {
  const core = await setUpCore({ providers: [createManualProvider(traits)] });
  const job = sampleJob();
  await core.store.createJob(job, 'epoch-1', firstEvent(job));
  await core.log.append(job.id, 1, { type: 'start', provider: 'scripted' });
  const guard = (stuckAfterMs = STUCK_MS) => endStuckJobs({ ...core, stuckAfterMs });
  return { ...core, id: job.id, guard };
}

describe('endStuckJobs', () => {
  it('[C11] ends a job that says nothing for five minutes, aborts its provider and frees the backend', async () => {
    const core = await begin();
    const { id, run, clock, provider, guard } = core;
    clock.advance(STUCK_MS);
    expect(await guard()).toBe(0);
    clock.advance(1);
    expect(await guard()).toBe(1);
    expect(await jobWhen(core, id, hasStatus('failed'))).toMatchObject({
      error: { code: 'PROVIDER_TIMEOUT', message: 'No progress for 5 minutes.', retryable: true },
    });
    await run.released;
    expect(run.signal.aborted).toBe(true);
    await createJob(core);
    await provider.nextRun();
    expect(await guard()).toBe(0);
  });

  it('[C11] a step is a sign of life; work in the backend’s own queue needs none until its turn', async () => {
    const core = await begin();
    const { id, run, clock, guard } = core;
    clock.advance(STUCK_MS - 1);
    await run.step(1);
    await jobWhen(core, id, ({ percent }) => percent === 20);
    clock.advance(STUCK_MS);
    expect(await guard()).toBe(0);
    await run.say({ type: 'waiting', position: 3 });
    await jobWhen(core, id, ({ lastEventSeq }) => lastEventSeq === 4);
    clock.advance(10 * STUCK_MS);
    expect(await guard()).toBe(0);
    await run.step(2);
    await jobWhen(core, id, ({ percent }) => percent === 40);
    clock.advance(STUCK_MS + 1);
    expect(await guard()).toBe(1);
  });

  it('[C11] a provider that tells no progress has its own time limit besides', async () => {
    const { clock, guard } = await begin({ timeoutMs: 900_000, capabilities: { progress: false } });
    clock.advance(899_999);
    expect(await guard()).toBe(0);
  });

  it('[C11] the time limit of such a provider is counted besides the time without progress', async () => {
    const { clock, guard } = await leaveRunning({ timeoutMs: 900_000, capabilities: { progress: false } });
    clock.advance(STUCK_MS + 900_000 - 1);
    expect(await guard()).toBe(0);
    clock.advance(1);
    expect(await guard()).toBe(1);
  });

  it('[C11] the time limit of a provider that tells its progress is not', async () => {
    const { clock, guard } = await leaveRunning({ timeoutMs: 900_000, capabilities: { progress: true } });
    clock.advance(STUCK_MS + 1);
    expect(await guard()).toBe(1);
  });

  it('[C11] ends a job whose backend is not configured any more', async () => {
    const core = await leaveRunning();
    core.clock.advance(STUCK_MS + 1);
    expect(await endStuckJobs({ ...core, pool: new BackendPool([]), stuckAfterMs: STUCK_MS })).toBe(1);
    expect((await core.store.readJob(core.id))?.job.status).toBe('failed');
  });

  it('[C11] a job that said something since it was listed lives', async () => {
    const core = await leaveRunning();
    const { id, log, clock, store } = core;
    clock.advance(STUCK_MS + 1);
    const idle = await store.listIdle(clock.now(), 10);
    await log.append(id, 2, { type: 'progress', percent: 20 });
    const late = { ...createSlowStore(store, createRandom(1)), listIdle: async () => idle };
    expect(await endStuckJobs({ ...core, store: late, stuckAfterMs: STUCK_MS })).toBe(0);
    expect((await store.readJob(id))?.job.status).toBe('running');
  });

  it.each([
    [45_400, '45 s'],
    [59_000, '59 s'],
    [60_000, '1 minute'],
    [120_000, '2 minutes'],
    [280_000, '5 minutes'],
  ])('[C11] says how long nothing was heard: %d ms → %s', async (stuckAfterMs, words) => {
    const { id, clock, store, guard } = await leaveRunning();
    clock.advance(stuckAfterMs + 1);
    expect(await guard(stuckAfterMs)).toBe(1);
    expect((await store.readJob(id))?.job.error?.message).toBe(`No progress for ${words}.`);
  });

  it('[C11] leaves jobs alone that wait or have ended', async () => {
    const core = await begin();
    const waiting = await createJob(core);
    await core.run.finish();
    await jobWhen(core, core.id, hasStatus('completed'));
    await core.provider.nextRun();
    await createJob(core);
    await jobWhen(core, waiting.id, hasStatus('running'));
    core.clock.advance(10 * STUCK_MS);
    expect(await core.guard()).toBe(1);
    expect((await readLog(core, core.id)).at(-1)?.stage).toBe('completed');
  });

  it('[C11][R2] a retry in the moment of the end is not lost while the backend still lets go', async () => {
    const core = await begin({ heedsSignal: false });
    const { id, run, clock, provider, jobs, guard } = core;
    clock.advance(STUCK_MS + 1);
    await guard();
    expect((await jobs.retry(id)).ok).toBe(true);
    expect(provider.requests).toHaveLength(1);
    run.end();
    await (await provider.nextRun()).finish();
    expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
    await eventually(() => core.pool.backends[0]?.running === 0);
  });
});
