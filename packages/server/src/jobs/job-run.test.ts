import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ERROR_INFO, ErrorCode, type JobOptions, LIMITS } from '@darkroom/protocol';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GenerateRequest } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { isStorageError, StorageError, toStorageError } from '../storage-error.ts';
import type { Store } from '../store.ts';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createGatedImages } from '../testing/gated-images.ts';
import { createManualProvider, JPEG } from '../testing/manual-provider.ts';
import { change, firstEvent, sampleJob } from '../testing/sample-job.ts';
import { openSharedStore } from '../testing/shared-store.ts';
import { JobRun } from './job-run.ts';
import type { Change } from './transition.ts';

const STEP_MS = 50;
/** A worker is gone, and its work is to be ended before the job runs again. */
const HISTORY: readonly Change[] = [
  { type: 'start', provider: 'scripted' },
  { type: 'accept', upstreamId: 'u-1' },
  { type: 'rescue', left: 'ended' },
];

/** A started core and one job whose run has begun. */
async function begin(options: Partial<Parameters<typeof setUpCore>[0]> = {}, heedsSignal = true) {
  const provider = createManualProvider({ heedsSignal });
  const core = await setUpCore({ providers: [provider], ...options });
  await core.worker.start();
  const job = await createJob(core);
  const run = await provider.nextRun();
  return { ...core, provider, job, run };
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** Lets the clock go on, by a step's time unless told otherwise, whenever somebody waits for it, until the job is in a final state. */
async function letPass({ clock, ...core }: Begun, jobId: string, ms = STEP_MS) {
  const ended = jobWhen(core, jobId, hasStatus('completed', 'failed', 'cancelled'));
  let done = false;
  void ended.then(() => {
    done = true;
  });
  await eventually(() => {
    if (clock.pending > 0) clock.advance(ms);
    return done;
  });
  return ended;
}

const stepsIn = async (core: Begun) =>
  (await readLog(core, core.job.id)).flatMap(({ step }) => (step === undefined ? [] : [step]));

describe('JobRun', () => {
  it('[J3] takes a job from queued to completed, each stage said in the log', async () => {
    const core = await begin();
    const { run, job, clock } = core;
    expect(run.request).toEqual({
      prompt: 'a lighthouse',
      size: 512,
      steps: 5,
      style: undefined,
      seed: job.options?.seed,
    });
    await run.say({ type: 'accepted', upstreamId: 'up-1' });
    for (let step = 1; step <= 5; step++) {
      await run.step(step, JPEG);
      await jobWhen(core, job.id, ({ percent }) => percent === step * 20);
      clock.advance(STEP_MS);
    }
    void run.finish();
    const done = await jobWhen(core, job.id, hasStatus('completed'));
    expect(done).toMatchObject({ percent: 100, provider: 'scripted', attempt: 1, lastEventSeq: 10 });
    expect(done.resultUrls).toHaveLength(1);
    expect(done.resultUrls?.[0]).toMatch(new RegExp(`^/api/jobs/${job.id}/images/1-[0-9a-f]{12}\\.png$`));
    const events = await readLog(core, job.id);
    expect(events.map(({ stage }) => stage)).toEqual([
      'queued',
      ...Array.from({ length: 7 }, () => 'running'),
      'uploading',
      'completed',
    ]);
    expect(events[2]).toMatchObject({ upstreamId: 'up-1' });
    expect(events[3]).toMatchObject({ step: 1, steps: 5, percent: 20 });
    expect(events[3]?.previewUrl).toMatch(new RegExp(`^/api/jobs/${job.id}/frames/4-[0-9a-f]{12}\\.jpg$`));
  });

  it('[E2] coalesces steps above twenty a second, keeps the last, and no change of stage', async () => {
    const core = await begin();
    const { run, job } = core;
    for (let step = 1; step <= 5; step++) {
      await run.step(step);
      if (step === 1) await jobWhen(core, job.id, ({ percent }) => percent === 20);
      // As long as no time passes nothing more is written, however often the store could have.
      for (let turn = 0; turn < 3; turn++) await core.store.check();
      expect(await stepsIn(core)).toEqual([1]);
    }
    void run.finish();
    await letPass(core, job.id);
    expect(await stepsIn(core)).toEqual([1, 5]);
    expect((await readLog(core, job.id)).map(({ stage }) => stage)).toEqual([
      'queued',
      'running',
      'running',
      'running',
      'uploading',
      'completed',
    ]);
  });

  it('[E2] writes every step of a provider that keeps to twenty a second', async () => {
    const core = await begin();
    for (let step = 1; step <= 5; step++) {
      await core.run.step(step);
      await jobWhen(core, core.job.id, ({ percent }) => percent === step * 20);
      core.clock.advance(STEP_MS);
    }
    expect(await stepsIn(core)).toEqual([1, 2, 3, 4, 5]);
  });

  it('[E2] the last step before a failure is kept too', async () => {
    const core = await begin();
    const { run, job } = core;
    await run.step(1);
    await jobWhen(core, job.id, ({ percent }) => percent === 20);
    await run.step(2);
    await run.step(3);
    run.end(new ProviderError('PROVIDER_TIMEOUT'));
    expect((await letPass(core, job.id)).status).toBe('failed');
    expect(await stepsIn(core)).toEqual([1, 3]);
  });

  it('[J3] a cancel while a step waits to be written ends the run at once, without that step', async () => {
    const core = await begin();
    const { run, job, jobs } = core;
    await run.step(1);
    await jobWhen(core, job.id, ({ percent }) => percent === 20);
    await run.step(2);
    await jobs.cancel(job.id);
    await run.released;
    core.clock.advance(STEP_MS);
    await eventually(() => core.pool.backends[0]?.running === 0);
    expect(await stepsIn(core)).toEqual([1]);
  });

  it('[E3][J5] a preview or a picture is stored before it is announced', async () => {
    const core = await begin();
    const { run, job, log, folder } = core;
    const announced: boolean[] = [];
    await log.watch(job.id, () => {
      const event = log.peekEvents(job.id, 0, 1_000)?.at(-1)?.event;
      for (const url of [event?.previewUrl, ...(event?.resultUrls ?? [])]) {
        if (url === undefined) continue;
        announced.push(existsSync(join(folder, 'images', job.id.slice(0, 2), url.replace('/api/jobs/', ''))));
      }
    });
    await run.step(1, JPEG);
    void run.finish();
    const done = await letPass(core, job.id);
    expect(done.resultUrls).toHaveLength(1);
    expect(announced).toEqual([true, true]);
  });

  it.each(ErrorCode.options)('[A5] a provider that fails with %s fails the job with that code', async (code) => {
    const core = await begin();
    core.run.end(new ProviderError(code, 'In the words of the provider.'));
    const job = await jobWhen(core, core.job.id, hasStatus('failed'));
    expect(job.error).toEqual({
      code,
      message: 'In the words of the provider.',
      retryable: ERROR_INFO[code].retryable,
    });
    expect(core.faults).toEqual([]);
  });

  it('[A5] what is not a provider’s word is a SERVER_ERROR; its details stay in the server’s log', async () => {
    const core = await begin();
    const secret = new TypeError('password hunter2 is undefined');
    core.run.end(secret);
    const job = await jobWhen(core, core.job.id, hasStatus('failed'));
    expect(job.error).toEqual({ code: 'SERVER_ERROR', message: ERROR_INFO.SERVER_ERROR.message, retryable: true });
    expect(JSON.stringify(await readLog(core, job.id))).not.toContain('hunter2');
    expect(core.faults).toEqual([secret]);
  });

  it('[J5] a provider that ends without a picture has not completed anything', async () => {
    const core = await begin();
    core.run.end();
    const job = await jobWhen(core, core.job.id, hasStatus('failed', 'completed'));
    expect(job).toMatchObject({ status: 'failed', error: { code: 'SERVER_ERROR' } });
  });

  it('[J3] a cancel while running aborts the provider and frees its slot', async () => {
    const core = await begin();
    const { jobs, run, job, provider } = core;
    expect(await jobs.cancel(job.id)).toMatchObject({ ok: true, job: { status: 'cancelled' } });
    await run.released;
    expect(run.signal.aborted).toBe(true);
    const next = await createJob(core);
    await (await provider.nextRun()).finish();
    expect((await jobWhen(core, next.id, hasStatus('completed'))).status).toBe('completed');
    expect((await readLog(core, job.id)).at(-1)?.stage).toBe('cancelled');
  });

  it('[J3] a provider that does not heed the signal cannot write another word', async () => {
    const core = await begin({}, false);
    const { jobs, run, job } = core;
    await jobs.cancel(job.id);
    const head = (await readLog(core, job.id)).length;
    void run.step(1, JPEG);
    void run.finish();
    await run.released;
    await eventually(() => core.pool.backends[0]?.running === 0);
    expect(await readLog(core, job.id)).toHaveLength(head);
  });

  it('[J3] a cancel while uploading stands: the job is not completed', async () => {
    const gate = Promise.withResolvers<ReturnType<typeof createGatedImages>>();
    const core = await begin({
      wrapImages: (images) => {
        const gated = createGatedImages(images, 'images');
        gate.resolve(gated);
        return gated.images;
      },
    });
    const gated = await gate.promise;
    void core.run.finish();
    await gated.reached;
    expect((await core.jobs.cancel(core.job.id)).ok).toBe(true);
    gated.open();
    await eventually(() => core.pool.backends[0]?.running === 0);
    const events = await readLog(core, core.job.id);
    expect(events.map(({ stage }) => stage)).toEqual(['queued', 'running', 'uploading', 'cancelled']);
  });

  it('[J3] a planned stop gives the job back: same attempt, same ticket, provider aborted', async () => {
    const core = await begin();
    const { run, job, store, worker } = core;
    const before = await store.readJob(job.id);
    await Promise.all([worker.stop(), worker.stop()]);
    expect(run.signal.aborted).toBe(true);
    const record = await store.readJob(job.id);
    expect(record?.job).toMatchObject({ status: 'queued', attempt: 1 });
    expect(record?.ticket).toBe(before?.ticket);
  });

  it('[J3] a provider’s failure during a planned stop is not the job’s', async () => {
    const core = await begin({}, false);
    const stopping = core.worker.stop();
    core.run.end(new ProviderError('PROVIDER_TIMEOUT'));
    await stopping;
    expect((await core.store.readJob(core.job.id))?.job.status).toBe('queued');
  });
});

describe('JobRun, when the storage fails', () => {
  it('[J5] a finished picture waits for a storage that is out of order, and is not lost', async () => {
    const core = await begin();
    const { run, job, log, clock, folder } = core;
    const images = join(folder, 'images');
    await writeFile(images, 'in the way');
    void run.finish();
    await eventually(() => core.faults.length >= 1 && clock.pending > 0);
    clock.advance(5_000);
    await eventually(() => core.faults.length >= 2 && clock.pending > 0);
    expect(log.peek(job.id)?.job.status).toBe('uploading');
    await rm(images);
    const done = await letPass(core, job.id, 1_000);
    expect(done).toMatchObject({ status: 'completed', attempt: 1 });
    expect(existsSync(join(images, job.id.slice(0, 2), String(done.resultUrls?.[0]).replace('/api/jobs/', '')))).toBe(
      true,
    );
    expect(core.faults.every(isStorageError)).toBe(true);
  });

  it('[J5] previews wait for it too; the newest step follows them', async () => {
    const core = await begin();
    const { run, job, clock, folder } = core;
    const images = join(folder, 'images');
    await writeFile(images, 'in the way');
    void run.step(1, JPEG);
    await eventually(() => core.faults.length >= 1 && clock.pending > 0);
    await run.step(2, JPEG);
    await rm(images);
    void run.finish();
    expect((await letPass(core, job.id)).status).toBe('completed');
    expect(await stepsIn(core)).toEqual([1, 2]);
    expect((await readLog(core, job.id)).filter(({ previewUrl }) => previewUrl !== undefined)).toHaveLength(2);
  });

  it('[J3] a cancel ends the wait at once', async () => {
    const core = await begin();
    const { run, job, jobs, clock, folder } = core;
    await writeFile(join(folder, 'images'), 'in the way');
    void run.finish();
    await eventually(() => core.faults.length >= 1 && clock.pending > 0);
    expect(await jobs.cancel(job.id)).toMatchObject({ ok: true });
    await eventually(() => core.pool.backends[0]?.running === 0);
    expect((await readLog(core, job.id)).at(-1)?.stage).toBe('cancelled');
  });

  it('[J5] pictures that cannot be stored for a minute fail the job, say why, and free the slot', async () => {
    const core = await begin();
    const { run, job, provider, folder } = core;
    await writeFile(join(folder, 'images'), 'in the way');
    void run.finish();
    const failed = await letPass(core, job.id, 1_000);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'SERVER_ERROR', retryable: true } });
    expect(failed.error?.message).toMatch(/^The server cannot store the picture: .+\.$/);
    await rm(join(folder, 'images'));
    const next = await createJob(core);
    await (await provider.nextRun()).finish();
    expect((await letPass(core, next.id)).status).toBe('completed');
  });

  it('[J5] a preview that cannot be stored for a minute fails the job and aborts the provider', async () => {
    const core = await begin();
    await writeFile(join(core.folder, 'images'), 'in the way');
    void core.run.step(1, JPEG);
    const failed = await letPass(core, core.job.id, 1_000);
    expect(failed.error?.code).toBe('SERVER_ERROR');
    await core.run.released;
  });

  it('[J5] while the database cannot be written a run waits, and goes on as soon as it can be', async () => {
    const core = await begin();
    const { run, job, folder } = core;
    const vandal = new DatabaseSync(join(folder, 'darkroom.sqlite'));
    onTestFinished(() => vandal.close());
    vandal.exec('alter table events rename to hidden');
    void run.finish();
    await eventually(() => core.faults.length >= 1 && core.clock.pending > 0);
    core.clock.advance(90_000);
    await eventually(() => core.faults.length >= 2 && core.clock.pending > 0);
    expect((await core.store.readJob(job.id))?.job.status).toBe('running');
    vandal.exec('alter table hidden rename to events');
    expect(await letPass(core, job.id, 10_000)).toMatchObject({ status: 'completed', attempt: 1 });
    await eventually(() => core.pool.backends[0]?.running === 0);
  });

  it('[J5] a database that stays full for a minute fails the job, which says why as soon as there is room', async () => {
    const store = await openSharedStore();
    const append = store.append.bind(store);
    const full = toStorageError('cannot write to the database', Object.assign(new Error(), { code: 'ENOSPC' }));
    let isFull = false;
    store.append = (write) => (isFull ? Promise.reject(full) : append(write));
    const core = await begin({ shared: store });
    isFull = true;
    void core.run.step(1);
    let isReleased = false;
    void core.run.released.then(() => {
      isReleased = true;
    });
    await eventually(() => {
      core.clock.advance(1_000);
      return isReleased;
    });
    expect((await store.readJob(core.job.id))?.job.status).toBe('running');
    isFull = false;
    const failed = await letPass(core, core.job.id, 1_000);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'SERVER_ERROR', retryable: true } });
    expect(failed.error?.message).toBe('The server cannot write to the database: the disk is full.');
  });

  it.each([
    { fate: 'done', written: true },
    { fate: 'not done', written: false },
  ])(
    '[E1] a write of which it is not known whether it was done, and which was $fate, is done once',
    async ({ written }) => {
      const store = await openSharedStore();
      const append = store.append.bind(store);
      const lost = new StorageError(
        'cannot write to the database: the connection broke; whether this was written is not known',
      );
      let answersToLose = 0;
      store.append = async (write) => {
        if (answersToLose === 0 || answersToLose-- === 0) return append(write);
        if (written) await append(write);
        throw lost;
      };
      const core = await begin({ shared: store });
      answersToLose = 1;
      void core.run.step(1);
      await eventually(() => core.faults.length === 1 && core.clock.pending > 0);
      void core.run.finish();
      expect(await letPass(core, core.job.id, 250)).toMatchObject({ status: 'completed', attempt: 1 });
      expect(await stepsIn(core)).toEqual([1]);
      expect(core.faults).toEqual([lost]);
    },
  );

  it('[J3] a planned stop does not wait for a database that cannot be written', async () => {
    const core = await begin();
    const vandal = new DatabaseSync(join(core.folder, 'darkroom.sqlite'));
    onTestFinished(() => vandal.close());
    vandal.exec('alter table events rename to hidden');
    core.run.end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(() => core.faults.length >= 1 && core.clock.pending > 0);
    await core.worker.stop();
    vandal.exec('alter table hidden rename to events');
    expect((await core.store.readJob(core.job.id))?.job.status).toBe('running');
  });

  it('[J5] a folder that comes back is used again', async () => {
    const core = await begin();
    const images = join(core.folder, 'images');
    await core.run.step(1, JPEG);
    await jobWhen(core, core.job.id, ({ previewUrl }) => previewUrl !== undefined);
    await rename(images, `${images}.away`);
    await writeFile(images, 'in the way');
    await rm(images);
    await rename(`${images}.away`, images);
    void core.run.finish();
    expect((await jobWhen(core, core.job.id, hasStatus('completed', 'failed'))).status).toBe('completed');
  });
});

describe('JobRun, started by itself', () => {
  /** A core whose worker is not started, and a run of a job of it on its first backend. */
  async function setUp(providers = [createManualProvider()], shared?: Store) {
    const core = await setUpCore({
      providers,
      policy: { breakerFailures: 1 },
      ...(shared !== undefined && { shared }),
    });
    const [backend] = core.pool.backends;
    if (backend === undefined) throw new Error('there is one');
    const shutdown = new AbortController();
    const onFault = (_jobId: string, fault: unknown) => void core.faults.push(fault);
    const options = { ...core, backend, onFault, shutdown: shutdown.signal, workerId: 'worker-1' };
    return { ...core, backend, shutdown, runOf: (jobId: string) => new JobRun(jobId, options) };
  }

  it('does nothing with a job that is gone, or does not wait', async () => {
    const provider = createManualProvider();
    const core = await setUp([provider]);
    await core.runOf('unknown').run();
    const { id } = await createJob(core);
    await core.jobs.cancel(id);
    await core.runOf(id).run();
    expect((await readLog(core, id)).map(({ stage }) => stage)).toEqual(['queued', 'cancelled']);
    expect([provider.requests, core.faults]).toEqual([[], []]);
  });

  it('[J3] does not begin while the server stops', async () => {
    const provider = createManualProvider();
    const core = await setUp([provider]);
    const { id } = await createJob(core);
    core.shutdown.abort();
    await core.runOf(id).run();
    expect((await readLog(core, id)).map(({ stage }) => stage)).toEqual(['queued']);
    expect([provider.requests, core.faults]).toEqual([[], []]);
  });

  it('[C7] leaves a job in line for other backends when the breaker has opened', async () => {
    const one = createManualProvider({ name: 'one' });
    const core = await setUp([one, createManualProvider({ name: 'two' })]);
    await core.backend.enter();
    const failing = core.backend.run(REQUEST, {
      signal: core.shutdown.signal,
      resume: undefined,
      onUpdate: async () => {},
    });
    (await one.nextRun()).end(new ProviderError('NETWORK_DISCONNECTED'));
    await expect(failing).rejects.toThrow();
    const { id } = await createJob(core);
    await core.runOf(id).run();
    expect((await readLog(core, id)).map(({ stage }) => stage)).toEqual(['queued']);
  });

  it('[J5] begins as soon as the job can be read', async () => {
    const provider = createManualProvider();
    const { store, failReads } = await openUnreadable();
    const core = await setUp([provider], store);
    const job = sampleJob();
    await store.createJob(job, 'epoch-1', firstEvent(job));
    failReads(true);
    const run = core.runOf(job.id).run();
    await eventually(() => core.faults.length === 1 && core.clock.pending === 1);
    failReads(false);
    core.clock.advance(250);
    await (await provider.nextRun()).finish();
    await run;
    expect((await store.readJob(job.id))?.job.status).toBe('completed');
  });

  it('[J3] gives up reading when the server stops', async () => {
    const { store, failReads } = await openUnreadable();
    const core = await setUp([createManualProvider()], store);
    failReads(true);
    const run = core.runOf(sampleJob().id).run();
    await eventually(() => core.faults.length === 1 && core.clock.pending === 1);
    core.shutdown.abort();
    await run;
    expect(core.faults).toHaveLength(2);
    expect(core.faults.every(isStorageError)).toBe(true);
  });
});

describe('JobRun, while it ends the work of an earlier run', () => {
  /** A job whose backend is asked to end what it has, and answers when the test says so. */
  async function setUp() {
    const asked = Promise.withResolvers<AbortSignal>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const provider = createManualProvider({
      capabilities: { cancel: 'detaches' },
      stopLeft: (_upstreamId, signal) => {
        asked.resolve(signal);
        signal.addEventListener('abort', () => answer());
        return answered;
      },
    });
    const core = await setUpCore({ providers: [provider] });
    let job = sampleJob();
    await core.store.createJob(job, 'epoch-1', firstEvent(job));
    for (const next of HISTORY) {
      const write = change(job, next);
      await core.store.append({ ...write, newTicket: false });
      job = write.job;
    }
    await core.worker.start();
    const signal = await asked.promise;
    return { ...core, provider, id: job.id, signal, answer };
  }

  it('[J3] a wake-up without news does not end it', async () => {
    const { provider, id, log, relay, answer, ...core } = await setUp();
    relay.publish({ jobId: id, head: log.peek(id)?.job.lastEventSeq ?? 0 });
    answer();
    await (await provider.nextRun()).finish();
    expect(await jobWhen({ log, ...core }, id, hasStatus('completed', 'failed'))).toMatchObject({
      status: 'completed',
    });
  });

  it('[J3] a cancel ends it, and nothing is submitted', async () => {
    const { provider, id, jobs, signal, faults, pool } = await setUp();
    await jobs.cancel(id);
    await eventually(() => pool.backends[0]?.running === 0);
    expect(signal.aborted).toBe(true);
    expect([provider.requests, faults]).toEqual([[], []]);
  });

  it('[J3] a planned stop does not wait: the backend was not asked for a picture yet', async () => {
    const { provider, id, store, worker, clock } = await setUp();
    await worker.stop();
    expect((await store.readJob(id))?.job).toMatchObject({ status: 'queued', attempt: 2 });
    expect([provider.requests, clock.pending]).toEqual([[], 0]);
  });
});

/** A storage whose jobs can be read only while the test says so. */
async function openUnreadable() {
  const store = await openSharedStore();
  let isBroken = false;
  const readTail: Store['readTail'] = (...args) =>
    isBroken ? Promise.reject(new StorageError('the database is gone')) : store.readTail(...args);
  const failReads = (broken: boolean) => {
    isBroken = broken;
  };
  return { store: { ...store, readTail }, failReads };
}

const REQUEST: GenerateRequest = {
  prompt: 'a lighthouse',
  negativePrompt: undefined,
  size: 512,
  steps: 5,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 1,
  input: undefined,
};

describe('JobRun, of a job that begins with a picture', () => {
  async function setUp(options: JobOptions = {}) {
    const provider = createManualProvider();
    const core = await setUpCore({ providers: [provider] });
    const picture = await sharp({ create: { width: 6, height: 4, channels: 3, background: '#c40' } })
      .png()
      .toBuffer();
    const { url } = await core.uploads.add(picture);
    const result = await core.jobs.create({ prompt: 'a cat', options: { steps: 5, image: url, ...options } });
    if (!result.ok) throw new Error(result.reason);
    return { ...core, provider, id: result.job.id };
  }

  it.each([
    [{}, LIMITS.defaultStrength],
    [{ strength: 0.3 }, 0.3],
  ])('[R7] hands it to the provider (%j)', async (options, strength) => {
    const { provider, worker } = await setUp(options);
    await worker.start();
    const { input } = (await provider.nextRun()).request;
    expect(input).toEqual({ image: { bytes: expect.anything(), type: 'image/png' }, strength });
    expect(await sharp(input?.image.bytes).metadata()).toMatchObject({ width: 512, height: 512 });
  });

  it('[J5] fails when it is gone, and says so in the server’s log alone', async () => {
    const core = await setUp();
    await core.uploads.forget(core.id);
    await core.worker.start();
    const { error } = await jobWhen(core, core.id, hasStatus('failed'));
    expect(error).toEqual({ code: 'SERVER_ERROR', message: ERROR_INFO.SERVER_ERROR.message, retryable: true });
    expect(core.faults).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^the input picture \S+\.png is gone$/) }),
    ]);
    expect(core.provider.requests).toEqual([]);
  });
});

describe('JobRun, at its edges', () => {
  it('[J5] tries a storage that is out of order ever more rarely, for a minute', async () => {
    const { run, job, clock, faults, folder, ...core } = await begin();
    await writeFile(join(folder, 'images'), 'in the way');
    void run.finish();
    let tries = 1;
    for (const waitMs of [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 10_000]) {
      await eventually(() => faults.length === tries && clock.pending === 1);
      clock.advance(waitMs - 1);
      expect([faults.length, clock.pending]).toEqual([tries, 1]);
      clock.advance(1);
      tries++;
    }
    expect(await jobWhen(core, job.id, hasStatus('failed'))).toMatchObject({ attempt: 1 });
    expect(faults).toHaveLength(tries);
  });

  it.each([
    [59_999, 'uploading'],
    [60_000, 'failed'],
  ])('[J5] gives up after a minute and not before (%i ms → %s)', async (ms, status) => {
    const { run, clock, faults, folder, store, job } = await begin();
    await writeFile(join(folder, 'images'), 'in the way');
    void run.finish();
    await eventually(() => faults.length === 1 && clock.pending === 1);
    clock.advance(ms);
    await eventually(async () => faults.length === 2 && (await store.readJob(job.id))?.job.status === status);
  });

  it('[J8] notes at which address the backend has the work', async () => {
    const core = await begin();
    await core.run.say({ type: 'accepted', upstreamId: 'u-1' });
    const job = await jobWhen(core, core.job.id, ({ upstreamId }) => upstreamId !== undefined);
    expect(job).toMatchObject({ upstreamId: 'u-1', upstreamAt: core.pool.backends[0]?.place });
  });

  it('[J3] a job that is deleted ends its run without a word', async () => {
    const core = await begin();
    await core.log.delete(core.job.id);
    await core.run.released;
    await eventually(() => core.pool.backends[0]?.running === 0);
    expect([core.run.signal.aborted, core.faults]).toEqual([true, []]);
    expect(await readLog(core, core.job.id)).toEqual([]);
  });

  it('[J3] a failure of a job that another process has cancelled is not written, and is no fault', async () => {
    const core = await begin();
    const job = await jobWhen(core, core.job.id, hasStatus('running'));
    await core.store.append({ ...change(job, { type: 'cancel' }), newTicket: false });
    core.run.end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(() => core.pool.backends[0]?.running === 0);
    expect((await readLog(core, job.id)).map(({ stage }) => stage)).toEqual(['queued', 'running', 'cancelled']);
    expect(core.faults).toEqual([]);
  });

  it('[A5] a provider that ends as if it had been told to is no fault of ours', async () => {
    const core = await begin();
    core.run.end(new DOMException('This operation was aborted', 'AbortError'));
    const job = await jobWhen(core, core.job.id, hasStatus('failed'));
    expect(job.error?.code).toBe('SERVER_ERROR');
    expect(core.faults).toEqual([]);
  });

  it('[J3] what goes wrong with the last word is reported, and the slot is free', async () => {
    const store = await openSharedStore();
    const append = store.append.bind(store);
    const bug = new TypeError('x is undefined');
    let isBroken = false;
    store.append = (write) => (isBroken ? Promise.reject(bug) : append(write));
    const core = await begin({ shared: store });
    await jobWhen(core, core.job.id, hasStatus('running'));
    isBroken = true;
    core.run.end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(() => core.faults.length > 0 && core.pool.backends[0]?.running === 0);
    expect(core.faults).toEqual([bug]);
  });
});
