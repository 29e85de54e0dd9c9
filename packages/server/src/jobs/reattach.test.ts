import { describe, expect, it } from 'vitest';
import { leavesWorkRunning } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';

const RESUMES = { name: 'one', capabilities: { resume: true } } as const;

async function setUp(folder?: string, traits: Parameters<typeof createManualProvider>[0] = RESUMES) {
  const provider = createManualProvider(traits);
  const other = createManualProvider({ name: 'other' });
  const core = await setUpCore({ providers: [provider, other], ...(folder !== undefined && { folder }) });
  await core.worker.start();
  return { ...core, provider, other };
}

/** A job whose backend has taken it as `u-1`. */
async function begin() {
  const core = await setUp();
  const { id } = await createJob(core);
  const run = await core.provider.nextRun();
  await run.say({ type: 'accepted', upstreamId: 'u-1' });
  await run.step(1);
  await jobWhen(core, id, ({ percent }) => percent === 20);
  return { ...core, id, run };
}

describe('Going on after a restart', () => {
  it('[J8] a crash: the next process watches the same work in the same attempt, and nothing is submitted twice', async () => {
    const { id, folder, store } = await begin();
    await store.close();

    const after = await setUp(folder);
    const run = await after.provider.nextRun();
    expect(run.resume).toBe('u-1');
    await run.finish();
    const job = await jobWhen(after, id, hasStatus('completed'));
    expect(job).toMatchObject({ attempt: 1, provider: 'one' });
    expect([after.provider.requests.length, after.other.requests.length]).toEqual([1, 0]);
    expect((await readLog(after, id))[4]).toMatchObject({
      stage: 'queued',
      attempt: 1,
      upstreamId: 'u-1',
      notice: { kind: 'reattach', provider: 'one' },
    });
  });

  it('[J8] a planned stop: the backend is left working, and the next process goes on with that', async () => {
    const { id, folder, store, run, worker } = await begin();
    await worker.stop();
    expect(leavesWorkRunning(run.signal)).toBe(true);
    expect((await store.readJob(id))?.job).toMatchObject({ status: 'queued', attempt: 1, upstreamId: 'u-1' });
    await store.close();

    const after = await setUp(folder);
    const next = await after.provider.nextRun();
    expect(next.resume).toBe('u-1');
    await next.finish();
    expect(await jobWhen(after, id, hasStatus('completed'))).toMatchObject({ attempt: 1 });
    expect(after.provider.requests).toHaveLength(1);
  });

  it('[J8] a backend that is named twice has the work under both names', async () => {
    const begin = async (folder?: string) => {
      const [provider, twin] = ['one', 'twin'].map((name) => createManualProvider({ ...RESUMES, name }));
      if (provider === undefined || twin === undefined) throw new Error('there are two');
      const core = await setUpCore({ providers: [provider, twin], machine: 'here', ...(folder && { folder }) });
      await core.worker.start();
      return { ...core, provider, twin };
    };
    const before = await begin();
    await createJob(before);
    const { id } = await createJob(before);
    await before.provider.nextRun();
    await (await before.twin.nextRun()).say({ type: 'accepted', upstreamId: 'u-2' });
    await jobWhen(before, id, ({ upstreamId }) => upstreamId === 'u-2');
    await before.store.close();
    const after = await begin(before.folder);
    const runs = [await after.provider.nextRun(), await after.twin.nextRun()];
    expect(runs.map(({ resume }) => resume).toSorted()).toEqual(['u-2', undefined]);
  });

  it('[J8] work that the backend lost is submitted anew', async () => {
    const { id, folder, store } = await begin();
    await store.close();
    const after = await setUp(folder);
    (await after.provider.nextRun()).end(new ProviderError('SERVER_ERROR', 'It is not known here.'));
    const run = await after.other.nextRun();
    expect(run.resume).toBeUndefined();
    await run.finish();
    expect(await jobWhen(after, id, hasStatus('completed'))).toMatchObject({ attempt: 1, provider: 'other' });
  });

  it.each([
    ['cannot resume', { name: 'one' }],
    ['is not there any more', { name: 'new', capabilities: { resume: true } }],
  ])('[J3] a crash with a backend that %s costs an attempt', async (_what, traits) => {
    const { id, folder, store } = await begin();
    await store.close();
    const after = await setUp(folder, traits);
    const run = await after.provider.nextRun();
    expect(run.resume).toBeUndefined();
    await run.finish();
    expect(await jobWhen(after, id, hasStatus('completed'))).toMatchObject({ attempt: 2 });
  });

  it('[J3] a planned stop before the backend has taken the work stops it', async () => {
    const core = await setUp();
    const { id } = await createJob(core);
    const run = await core.provider.nextRun();
    await core.worker.stop();
    expect([run.signal.aborted, leavesWorkRunning(run.signal)]).toEqual([true, false]);
    expect((await core.store.readJob(id))?.job).not.toHaveProperty('upstreamId');
  });

  it('[J8] a planned stop with a backend that is gone at the next start: another one begins anew', async () => {
    const { id, folder, store, worker } = await begin();
    await worker.stop();
    await store.close();
    const after = await setUp(folder, { name: 'new', capabilities: { resume: true } });
    const run = await after.provider.nextRun();
    expect(run.resume).toBeUndefined();
    expect(await jobWhen(after, id, hasStatus('running'))).not.toHaveProperty('upstreamId');
    await run.finish();
    await jobWhen(after, id, hasStatus('completed'));
  });

  it('[J3] a cancel stops the work at the backend', async () => {
    const { id, jobs, run } = await begin();
    await jobs.cancel(id);
    expect([run.signal.aborted, leavesWorkRunning(run.signal)]).toEqual([true, false]);
  });
});
