import { type JobOptions, jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { type Core, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createManualProvider, type ManualOptions } from '../testing/manual-provider.ts';
import type { BackendPolicy } from './backend-policy.ts';
import { PLACEHOLDER_URL } from './image-address.ts';

const MINUTE_MS = 60_000;

/** A started core with backends `one` and `two`, the first preferred. */
async function setUp(policy: Partial<BackendPolicy> = {}, traits: { one?: ManualOptions; two?: ManualOptions } = {}) {
  const one = createManualProvider({ ...traits.one, name: 'one' });
  const two = createManualProvider({ ...traits.two, name: 'two' });
  const core = await setUpCore({ providers: [one, two], policy });
  await core.worker.start();
  return { ...core, one, two };
}

async function create({ jobs }: Pick<Core, 'jobs'>, options: JobOptions = {}): Promise<string> {
  const result = await jobs.create({ prompt: 'a lighthouse', options: { steps: 5, ...options } });
  if (!result.ok) throw new Error(result.reason);
  return result.job.id;
}

const stagesOf = async (core: Core, id: string) => (await readLog(core, id)).map(({ stage }) => stage);
const down = (message?: string) => new ProviderError('NETWORK_DISCONNECTED', message);

describe('A retry by the core', () => {
  it('[C6][E4] is said in the log, in the same attempt, and its picture is the job’s', async () => {
    const core = await setUp({ retryDelaysMs: [1_000] });
    const id = await create(core);
    const first = await core.one.nextRun();
    await first.say({ type: 'accepted', upstreamId: 'u-1' });
    first.end(down('It hung up.'));
    await jobWhen(core, id, ({ lastEventSeq }) => lastEventSeq === 4);
    const events = await readLog(core, id);
    expect(events.at(-1)).toMatchObject({
      stage: 'running',
      attempt: 1,
      message: 'It hung up; trying again in 1 s (1 of 1)',
      notice: { kind: 'retry', provider: 'one', retry: 1, retries: 1, inMs: 1_000 },
    });
    expect(core.log.peek(id)?.job).not.toHaveProperty('upstreamId');
    await eventually(() => {
      core.clock.advance(500);
      return core.one.requests.length === 2;
    });
    await (await core.one.nextRun()).finish();
    expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 1, provider: 'one' });
    expect(core.two.requests).toEqual([]);
  });

  it('[E4] waiting in the backend’s own queue is said too', async () => {
    const core = await setUp();
    const id = await create(core);
    await (await core.one.nextRun()).say({ type: 'waiting', position: 2 });
    await jobWhen(core, id, ({ lastEventSeq }) => lastEventSeq === 3);
    expect((await readLog(core, id)).at(-1)).toMatchObject({
      stage: 'running',
      notice: { kind: 'waiting', provider: 'one', position: 2 },
    });
  });
});

describe('Failing over', () => {
  it('[J3][E4] hands the job to the next backend in the same attempt, with its place, and says so', async () => {
    const core = await setUp();
    const id = await create(core);
    const before = await core.store.readJob(id);
    (await core.one.nextRun()).end(down('Nobody answers.'));
    const second = await core.two.nextRun();
    await jobWhen(core, id, hasStatus('running'));
    expect(await core.store.readJob(id)).toMatchObject({
      ticket: before?.ticket,
      job: { attempt: 1, provider: 'two', tried: ['one'] },
    });
    await second.finish();
    expect(await jobWhen(core, id, hasStatus('completed'))).toMatchObject({ attempt: 1, provider: 'two' });
    expect(await stagesOf(core, id)).toEqual(['queued', 'running', 'queued', 'running', 'uploading', 'completed']);
    expect((await readLog(core, id))[2]).toMatchObject({
      message: 'one failed: Nobody answers. Another backend is to do it',
      notice: { kind: 'failover', provider: 'one', error: jobError('NETWORK_DISCONNECTED', 'Nobody answers.') },
    });
  });

  it('[J6] when all have failed, so has the job; a retry begins with the first again', async () => {
    const core = await setUp();
    const id = await create(core);
    (await core.one.nextRun()).end(down());
    (await core.two.nextRun()).end(down('Nor does this one.'));
    const failed = await jobWhen(core, id, hasStatus('failed'));
    expect(failed).toMatchObject({ attempt: 1, tried: ['one'], error: { message: 'Nor does this one.' } });
    expect((await core.jobs.retry(id)).ok).toBe(true);
    await (await core.one.nextRun()).finish();
    const done = await jobWhen(core, id, hasStatus('completed'));
    expect(done).toMatchObject({ attempt: 2, provider: 'one' });
    expect(done).not.toHaveProperty('tried');
  });

  it.each([
    ['the backend was named', { provider: 'one' }, down()],
    ['nobody else can do it', { size: '1024' } as const, down()],
    ['the failure is for good', {}, new ProviderError('PROVIDER_REJECTED')],
    ['the work may still be running', {}, new ProviderError('PROVIDER_TIMEOUT', undefined, { mayStillRun: true })],
    ['it is our own fault', {}, new TypeError('x is undefined')],
  ])('[A5] does not happen when %s', async (_what, options, thrown) => {
    const core = await setUp({}, { two: { capabilities: { sizes: ['512', '768'] } } });
    const id = await create(core, options);
    (await core.one.nextRun()).end(thrown);
    await jobWhen(core, id, hasStatus('failed'));
    expect(core.two.requests).toEqual([]);
  });

  it('[J3] a job that is cancelled between two backends stays cancelled', async () => {
    const core = await setUp({}, { two: { concurrency: 1 } });
    const blocker = await create(core, { provider: 'two' });
    const busy = await core.two.nextRun();
    const id = await create(core);
    (await core.one.nextRun()).end(down());
    await jobWhen(core, id, ({ tried }) => tried !== undefined);
    expect((await core.jobs.cancel(id)).ok).toBe(true);
    await busy.finish();
    await jobWhen(core, blocker, hasStatus('completed'));
    await eventually(async () => (await core.queue.size()) === 0);
    expect((await stagesOf(core, id)).at(-1)).toBe('cancelled');
    expect(core.two.requests).toHaveLength(1);
  });
});

describe('Who gets a job', () => {
  it('[C5][R8] only a backend that can do it, while the others go on with what they can', async () => {
    const core = await setUp({}, { two: { capabilities: { sizes: ['512'] } } });
    await create(core, { size: '768' });
    const waiting = await create(core, { size: '768' });
    const small = await create(core, { size: '512' });
    const [first, other] = await Promise.all([core.one.nextRun(), core.two.nextRun()]);
    expect([first.request.size, other.request.size]).toEqual([768, 512]);
    expect((await jobWhen(core, small, hasStatus('running'))).provider).toBe('two');
    await other.finish();
    await jobWhen(core, small, hasStatus('completed'));
    expect([...(await core.queue.places()).keys()]).toEqual([waiting]);
    await first.finish();
    expect((await core.one.nextRun()).request.size).toBe(768);
  });

  it('a job that was left behind and that nobody here can do any more fails and says why', async () => {
    const core = await setUpCore({ providers: [createManualProvider({ name: 'one' })] });
    const id = await create(core, { provider: 'one' });
    await core.store.close();
    const after = await setUpCore({ providers: [createManualProvider({ name: 'two' })], folder: core.folder });
    await after.worker.start();
    expect((await after.log.load(id))?.job).toMatchObject({
      status: 'failed',
      error: { code: 'PROVIDER_REJECTED', message: 'There is no backend “one”.', retryable: false },
    });
  });
});

describe('A backend that rests', () => {
  const policy = { breakerFailures: 1 };

  /** The first backend's breaker is open. */
  async function setUpResting(traits: Parameters<typeof setUp>[1] = {}) {
    const core = await setUp(policy, traits);
    const id = await create(core, { provider: 'one' });
    (await core.one.nextRun()).end(down());
    await jobWhen(core, id, hasStatus('failed'));
    return core;
  }

  it('[C7] leaves jobs to those that work, even if it is preferred', async () => {
    const core = await setUpResting();
    const ids = [await create(core), await create(core)];
    await (await core.two.nextRun()).finish();
    await (await core.two.nextRun()).finish();
    for (const id of ids) expect((await jobWhen(core, id, hasStatus('completed'))).provider).toBe('two');
    expect(core.one.requests).toHaveLength(1);
  });

  it('[C7] a job that only it could do fails at once, with a placeholder, and may be retried', async () => {
    const core = await setUpResting();
    const id = await create(core, { provider: 'one' });
    const job = await jobWhen(core, id, hasStatus('failed'));
    expect(job).toMatchObject({
      previewUrl: PLACEHOLDER_URL,
      error: {
        code: 'SERVER_ERROR',
        retryable: true,
        message: 'No backend is answering right now. Try again in a minute.',
      },
    });
    expect(await stagesOf(core, id)).toEqual(['queued', 'failed']);
    expect((await core.jobs.retry(id)).ok).toBe(true);
    expect((await jobWhen(core, id, ({ lastEventSeq }) => lastEventSeq === 4)).status).toBe('failed');
  });

  it('[C7] jobs that wait when the last backend goes down fail at once, too', async () => {
    const core = await setUpResting();
    const first = await create(core);
    const waiting = await create(core);
    (await core.two.nextRun()).end(down());
    for (const id of [first, waiting]) await jobWhen(core, id, hasStatus('failed'));
    expect(await core.queue.size()).toBe(0);
    expect(core.log.peek(first)?.job.previewUrl).toBeUndefined();
    expect(core.log.peek(waiting)?.job.previewUrl).toBe(PLACEHOLDER_URL);
  });

  it('[C7] after a minute it is given one job, and the others once that has succeeded', async () => {
    const core = await setUpResting({ one: { concurrency: 3 }, two: { concurrency: 1 } });
    await create(core);
    const busy = await core.two.nextRun();
    for (let index = 0; index < 3; index++) await create(core);
    expect(core.one.requests).toHaveLength(1);
    core.clock.advance(MINUTE_MS);
    const trial = await core.one.nextRun();
    expect(await core.queue.size()).toBe(2);
    await trial.finish();
    await Promise.all([core.one.nextRun(), core.one.nextRun()]);
    expect(await core.queue.size()).toBe(0);
    busy.end(down());
  });
});
