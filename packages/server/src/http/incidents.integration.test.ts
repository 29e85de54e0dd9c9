import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../config.ts';
import { postJob, postJson, startManual } from '../testing/api.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { createLineLogger } from '../testing/line-logger.ts';
import { readFigures } from '../testing/metrics-reader.ts';
import { refusedUpgrade, socketUrl } from '../testing/socket-reader.ts';

const ERROR_LEVEL = 50;

/** A server whose log is kept, and whose time passes when the test says so. */
async function start(environment: Environment = {}) {
  const lines: { level: number; code?: string; count?: number; msg: string; err?: unknown }[] = [];
  const clock = new FakeClock();
  const logger = createLineLogger((line) => {
    const parsed = JSON.parse(line);
    // The first look at the backend.
    if (parsed.msg !== 'the backend answers') lines.push(parsed);
  });
  const server = await startManual(environment, { clock, logger });
  return { ...server, clock, lines };
}

/** Does it so often, some at a time. */
async function repeatedly(times: number, act: () => Promise<Response>): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let done = 0; done < times; done += 50)
    for (const { status } of await Promise.all(Array.from({ length: 50 }, act))) statuses.add(status);
  return statuses;
}

describe('The log', () => {
  it('stays small when a full queue refuses 2,000 jobs: a count, and no stack', async () => {
    const { url, provider, clock, lines } = await start({ MAX_QUEUED: '1' });
    await postJob(url);
    await provider.nextRun();
    await postJob(url);
    expect(await repeatedly(2_000, () => postJson(`${url}/api/jobs`, { prompt: 'a' }))).toEqual(new Set([503]));
    clock.advance(10_000);
    expect(lines).toMatchObject([
      {
        level: 40,
        msg: 'requests refused',
        code: 'QUEUE_FULL',
        count: 2_000,
        example: { method: 'POST', route: '/api/jobs', message: 'The queue is full.' },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('stack');
    expect(await readFigures(url, 'refusals')).toEqual({ 'refusals_total{code="QUEUE_FULL"}': 2_000 });
  });

  it('names each error code once for all requests, handshakes and streams that are refused', async () => {
    const { url, clock, lines } = await start({ RATE_LIMIT: '300/hour' });
    await repeatedly(100, () => postJson(`${url}/api/jobs`, { prompt: '' }));
    await repeatedly(100, () => fetch(`${url}/api/jobs/nothing`));
    await repeatedly(100, () => fetch(`${url}/api/jobs/nothing/events`));
    await repeatedly(100, () => postJson(`${url}/api/jobs`, { prompt: 'a' }, { origin: 'https://evil.example' }));
    for (let count = 0; count < 20; count++)
      expect((await refusedUpgrade(socketUrl(url), { origin: 'https://evil.example' })).statusCode).toBe(403);
    await repeatedly(50, () => fetch(`${url}/api/jobs`));
    clock.advance(10_000);
    const counts = Object.fromEntries(lines.map(({ code, count }) => [code, count]));
    expect(counts).toEqual({ INVALID_PROMPT: 100, NOT_FOUND: 200, FORBIDDEN: 120, RATE_LIMITED: 50 });
    expect(lines).toHaveLength(4);
    expect(Math.max(...lines.map(({ level }) => level))).toBeLessThan(ERROR_LEVEL);
  });

  it('holds no prompt, id or query of a refused request', async () => {
    const { url, clock, lines } = await start();
    await fetch(`${url}/api/generate?prompt=hunter2&steps=nonsense`);
    await fetch(`${url}/api/jobs/hunter2?after=1`);
    await postJson(`${url}/api/jobs`, { prompt: 'hunter2', options: { steps: -1 } });
    clock.advance(10_000);
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('tells once every 10 s, and why, that the storage refuses', async () => {
    const { url, dataDir, clock, lines } = await start();
    await rm(join(dataDir, 'images'), { recursive: true, force: true });
    await writeFile(join(dataDir, 'images'), 'a file where the folder should be');
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const headers = { 'content-type': 'image/png' };
    const statuses = new Set<number>();
    for (let count = 0; count < 20; count++)
      statuses.add((await fetch(`${url}/api/uploads`, { method: 'POST', headers, body: png })).status);
    expect(statuses).toEqual(new Set([503]));
    await rm(join(dataDir, 'images'));
    await mkdir(join(dataDir, 'images'));
    // The first look for expired uploads found the file, too.
    const atFirst = lines.filter(({ msg }) => msg !== 'requests refused').length;
    clock.advance(10_000);
    expect(lines.slice(atFirst)).toMatchObject([
      {
        level: 40,
        code: 'STORAGE_UNAVAILABLE',
        count: 20,
        example: { message: expect.stringContaining('cannot store the picture') },
      },
    ]);
  });
});
