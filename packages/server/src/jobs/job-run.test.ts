import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ERROR_INFO, ErrorCode } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProviderError } from '../provider-error.ts';
import { isStorageError, StorageError, toStorageError } from '../storage-error.ts';
import { createJob, hasStatus, jobWhen, readLog, setUpCore } from '../testing/core.ts';
import { eventually } from '../testing/eventually.ts';
import { createGatedImages } from '../testing/gated-images.ts';
import { createManualProvider, JPEG } from '../testing/manual-provider.ts';
import { openSharedStore } from '../testing/shared-store.ts';

const STEP_MS = 50;

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
