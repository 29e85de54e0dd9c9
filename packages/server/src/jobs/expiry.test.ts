import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createJob, hasStatus, jobWhen, setUpCore } from '../testing/core.ts';
import { createManualProvider, JPEG } from '../testing/manual-provider.ts';
import { expireJobs } from './expiry.ts';

const HOUR_MS = 3_600_000;

async function setUpCompleted() {
  const provider = createManualProvider();
  const core = await setUpCore({ providers: [provider] });
  await core.worker.start();
  const { id } = await createJob(core);
  const run = await provider.nextRun();
  await run.step(1, JPEG);
  await jobWhen(core, id, ({ previewUrl }) => previewUrl !== undefined);
  await run.finish();
  await jobWhen(core, id, hasStatus('completed'));
  return { ...core, id };
}

const files = async (folder: string) =>
  (await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true })).filter((file) => file.isFile());

describe('expireJobs', () => {
  it('[A6] removes an ended job after its time, its pictures and its log, and wakes its readers', async () => {
    const core = await setUpCompleted();
    const { id, clock, log, store, folder } = core;
    expect(await files(folder)).toHaveLength(2);
    const woken = Promise.withResolvers<void>();
    await log.watch(id, () => woken.resolve());
    clock.advance(HOUR_MS);
    expect(await expireJobs({ ...core, ttlMs: HOUR_MS })).toBe(0);
    clock.advance(1);
    expect(await expireJobs({ ...core, ttlMs: HOUR_MS })).toBe(1);
    await woken.promise;
    expect(log.peek(id)).toBeUndefined();
    expect(await store.readJob(id)).toBeUndefined();
    expect(await store.readEvents(id, 0, 10)).toEqual([]);
    expect(await files(folder)).toEqual([]);
  });

  it('[A6] leaves what waits or runs, however old', async () => {
    const core = await setUpCore({ providers: [] });
    const { id } = await createJob(core);
    core.clock.advance(1_000 * HOUR_MS);
    expect(await expireJobs({ ...core, ttlMs: HOUR_MS })).toBe(0);
    expect(await core.store.readJob(id)).toBeDefined();
  });

  it('removes more than one batch', async () => {
    const core = await setUpCore({ providers: [] });
    const jobs = await Promise.all(Array.from({ length: 250 }, () => createJob(core)));
    await Promise.all(jobs.map(({ id }) => core.jobs.cancel(id)));
    core.clock.advance(2 * HOUR_MS);
    expect(await expireJobs({ ...core, ttlMs: HOUR_MS })).toBe(250);
    expect((await core.store.listJobs(10)).jobs).toEqual([]);
  });

  it('keeps a job whose pictures cannot be removed, so that it is tried again', async () => {
    const core = await setUpCompleted();
    const { id, clock, folder, store } = core;
    const jobFolder = join(folder, 'images', id.slice(0, 2));
    await rm(jobFolder, { recursive: true });
    await writeFile(jobFolder, 'in the way');
    clock.advance(2 * HOUR_MS);
    await expect(expireJobs({ ...core, ttlMs: HOUR_MS })).rejects.toThrow('cannot delete the pictures');
    expect(await store.readJob(id)).toBeDefined();
    await rm(jobFolder);
    expect(await expireJobs({ ...core, ttlMs: HOUR_MS })).toBe(1);
  });
});
