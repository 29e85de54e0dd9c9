import { describe, expect, it } from 'vitest';
import { leavesWorkRunning } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { createJob, hasStatus, jobWhen, setUpCore } from '../testing/core.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';

const STOP_PATIENCE_MS = 60_000;
/** As hosted services are whose work has no id. */
const ENDLESS = { capabilities: { traceable: false, cancel: 'detaches' } } as const;

/** A job of `count` pictures that the backend was asked for; then the stop begins. */
async function beginStop(traits: ManualOptions, count = 1) {
  const provider = createManualProvider({ name: 'one', ...traits });
  const core = await setUpCore({ providers: [provider] });
  await core.worker.start();
  const result = await core.jobs.create({ prompt: 'a cat', options: { steps: 5, count } });
  if (!result.ok) throw new Error(result.reason);
  const { id } = result.job;
  const run = await provider.nextRun();
  await run.step(1);
  await jobWhen(core, id, hasStatus('running'));
  return { ...core, id, run, provider, stopped: core.worker.stop() };
}

describe('[J3] A planned stop while a picture is made that could be made, and billed, twice', () => {
  it('waits for the picture', async () => {
    const { id, run, stopped, store } = await beginStop(ENDLESS);
    await run.step(2);
    expect(run.signal.aborted).toBe(false);
    await run.finish();
    await stopped;
    expect((await store.readJob(id))?.job).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('of several it waits for the one at hand; the next process makes the others', async () => {
    const { id, run, provider, stopped, store } = await beginStop(ENDLESS, 3);
    await run.finish();
    await stopped;
    const job = (await store.readJob(id))?.job;
    expect(job).toMatchObject({ status: 'queued', attempt: 1 });
    expect(job?.resultUrls).toHaveLength(1);
    expect(provider.requests).toHaveLength(1);
  });

  it('after a minute the job fails, and a person may retry it', async () => {
    const { id, run, clock, stopped, store } = await beginStop(ENDLESS);
    clock.advance(STOP_PATIENCE_MS - 1);
    expect(run.signal.aborted).toBe(false);
    clock.advance(1);
    await stopped;
    const job = (await store.readJob(id))?.job;
    expect(job).toMatchObject({ status: 'failed', error: { code: 'SERVER_ERROR', retryable: true } });
    expect(job?.error?.message).toContain('one was making this picture');
  });

  it.each([
    ['a failure that may pass', new ProviderError('SERVER_ERROR'), 'queued'],
    ['a failure for good', new ProviderError('PROVIDER_REJECTED'), 'failed'],
    [
      'a failure after which it may have been made',
      new ProviderError('PROVIDER_TIMEOUT', undefined, { mayStillRun: true }),
      'failed',
    ],
    ['a fault of ours', new TypeError('x is undefined'), 'failed'],
  ])('decides by how it ends: %s', async (_what, thrown, status) => {
    const { id, run, stopped, store, faults } = await beginStop(ENDLESS);
    run.end(thrown);
    await stopped;
    expect((await store.readJob(id))?.job).toMatchObject({ status, attempt: 1 });
    expect(faults).toEqual(thrown instanceof TypeError ? [thrown] : []);
  });

  it('does not wait while the backend was not asked again yet', async () => {
    const provider = createManualProvider(ENDLESS);
    const core = await setUpCore({ providers: [provider], policy: { retryDelaysMs: [1_000] } });
    await core.worker.start();
    const { id } = await createJob(core);
    (await provider.nextRun()).end(new ProviderError('SERVER_ERROR'));
    await jobWhen(core, id, ({ lastEventSeq }) => lastEventSeq === 3);
    await core.worker.stop();
    expect((await core.store.readJob(id))?.job).toMatchObject({ status: 'queued', attempt: 1 });
    expect([provider.requests.length, core.faults]).toEqual([1, []]);
  });

  it('leaves no timer behind', async () => {
    const { run, clock, stopped } = await beginStop(ENDLESS);
    await run.finish();
    await stopped;
    expect(clock.pending).toBe(0);
  });

  it('can be cancelled meanwhile', async () => {
    const { id, run, jobs, stopped, store } = await beginStop(ENDLESS);
    await jobs.cancel(id);
    await stopped;
    expect(run.signal.aborted).toBe(true);
    expect((await store.readJob(id))?.job.status).toBe('cancelled');
  });

  it('[J8] leaves it there as soon as its id is known, if it can be gone on with', async () => {
    const capabilities = { ...ENDLESS.capabilities, resume: true };
    const provider = createManualProvider({ name: 'one', capabilities });
    const core = await setUpCore({ providers: [provider] });
    await core.worker.start();
    const result = await core.jobs.create({ prompt: 'a cat', options: { steps: 5 } });
    const run = await provider.nextRun();
    const stopped = core.worker.stop();
    expect(run.signal.aborted).toBe(false);
    void run.say({ type: 'accepted', upstreamId: 'u-1' });
    await stopped;
    expect(leavesWorkRunning(run.signal)).toBe(true);
    const id = result.ok ? result.job.id : '';
    expect((await core.store.readJob(id))?.job).toMatchObject({ status: 'queued', upstreamId: 'u-1', attempt: 1 });
  });
});

it('[J3] a planned stop ends at once what can be ended, and the next process begins anew', async () => {
  const { id, run, stopped, store } = await beginStop({});
  expect(run.signal.aborted).toBe(true);
  await stopped;
  expect((await store.readJob(id))?.job).toMatchObject({ status: 'queued', attempt: 1 });
});
