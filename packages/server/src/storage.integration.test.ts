import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HealthResponse } from '@darkroom/protocol';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProviderError } from './provider-error.ts';
import { expectError, getSnapshot, postJob, postJson, startManual } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { createManualProvider } from './testing/manual-provider.ts';
import { openSse } from './testing/sse-reader.ts';
import { tempFolder } from './testing/temp-folder.ts';

/** A file system of its own, so small that it can be filled; undefined where nobody may mount one. */
async function tinyDisk(size: string): Promise<string | undefined> {
  const folder = await tempFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Leaves no byte free. */
async function fillDisk(folder: string): Promise<string> {
  const filler = join(folder, 'filler');
  const chunk = Buffer.alloc(4096, 1);
  await writeFile(filler, '');
  try {
    for (;;) await writeFile(filler, chunk, { flag: 'a' });
  } catch {
    return filler;
  }
}

async function health(url: string) {
  const response = await fetch(`${url}/api/health`);
  return { status: response.status, ...HealthResponse.parse(await response.json()) };
}

describe('Health', () => {
  it('[B2] tells the server and each generator', async () => {
    const { url, provider } = await startManual();
    await postJob(url);
    await provider.nextRun();
    await postJob(url);
    expect(await health(url)).toMatchObject({
      status: 200,
      ok: true,
      queued: 1,
      storage: { ok: true },
      providers: [{ name: 'scripted', ok: true, concurrency: 1, running: 1 }],
    });
  });

  it('[B2] is not ok when no generator is, and says of each one what is wrong', async () => {
    const provider = createManualProvider();
    provider.health = async () => {
      throw new ProviderError('NETWORK_DISCONNECTED', 'The backend is out.');
    };
    const { url } = await startManual({}, { providers: [provider] });
    expect(await health(url)).toMatchObject({
      status: 503,
      ok: false,
      providers: [{ ok: false, message: 'The backend is out.' }],
    });
  });
});

describe('A folder of pictures that cannot be written', () => {
  it('[J5] is told by health, stops nothing else, and loses no picture: it is stored once it can be', async () => {
    const { url, provider, dataDir } = await startManual();
    const images = join(dataDir, 'images');
    await rm(images, { recursive: true, force: true });
    await writeFile(images, 'a file where the folder should be');
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    void run.finish();
    await run.released;
    expect(await health(url)).toMatchObject({ status: 503, ok: false, storage: { ok: false } });
    expect((await getSnapshot(url, id)).job.status).not.toBe('completed');

    await rm(images);
    await eventually(async () => (await health(url)).storage.ok);
    await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
    const { job } = await getSnapshot(url, id);
    expect(job.attempt).toBe(1);
    expect((await fetch(url + job.resultUrls?.[0])).status).toBe(200);
  });
});

describe('A picture that cannot be read', () => {
  it('[R6] is answered 503, and the log says which request and why', async () => {
    const lines: string[] = [];
    const clock = new FakeClock();
    const logger = pino({}, { write: (line) => void lines.push(line) });
    const { url, dataDir } = await startManual({}, { clock, logger });
    const path = `${'a'.repeat(22)}/images/1-0123456789ab.png`;
    await mkdir(join(dataDir, 'images', path.slice(0, 2), path), { recursive: true });
    await expectError(await fetch(`${url}/api/jobs/${path}`), 'STORAGE_UNAVAILABLE');
    clock.advance(10_000);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      msg: 'requests refused',
      code: 'STORAGE_UNAVAILABLE',
      example: {
        method: 'GET',
        route: '/api/jobs/:jobId/images/:name',
        message: expect.stringContaining('cannot read the picture'),
      },
    });
  });
});

describe('A full disk', () => {
  it('[J5][R6] refuses new jobs, keeps reading, and goes on with what runs once there is room', async ({ skip }) => {
    const disk = await tinyDisk('3m');
    if (disk === undefined) return skip('mounting a small file system needs root');
    const dataDir = join(disk, 'data');
    await mkdir(dataDir);
    const { url, provider } = await startManual({ DATA_DIR: dataDir });
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    const stream = await openSse(`${url}/api/jobs/${id}/events`);
    await stream.next('job');

    const filler = await fillDisk(disk);
    await eventually(async () => (await postJson(`${url}/api/jobs`, { prompt: 'p'.repeat(2_000) })).status === 503);
    const refused = await postJson(`${url}/api/jobs`, { prompt: 'p'.repeat(2_000) });
    await expectError(refused, 'STORAGE_UNAVAILABLE');
    expect((await getSnapshot(url, id)).job.status).toBe('running');
    const sick = await health(url);
    expect(sick).toMatchObject({ status: 503, ok: false, storage: { ok: false } });
    expect(sick.storage.message).toContain('full, or read-only');

    void run.finish();
    await run.released;
    expect(await readdir(join(dataDir, 'images'))).toBeDefined();
    await rm(filler);
    const { job } = await untilEnded(url, id);
    expect(job).toMatchObject({ status: 'completed', attempt: 1 });
    await eventually(async () => (await health(url)).status === 200);
    const next = await postJob(url);
    // Jobs that were acknowledged before the disk was full are in line before this one.
    for (;;) {
      await (await provider.nextRun()).finish();
      if ((await getSnapshot(url, next.id)).job.status !== 'queued') break;
    }
    await eventually(async () => (await getSnapshot(url, next.id)).job.status === 'completed');
  });
});

async function untilEnded(url: string, jobId: string) {
  await eventually(async () => ['failed', 'completed'].includes((await getSnapshot(url, jobId)).job.status));
  return getSnapshot(url, jobId);
}
