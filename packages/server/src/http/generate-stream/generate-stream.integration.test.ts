import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Overrides } from '../../compose.ts';
import { ProviderError } from '../../provider-error.ts';
import { SqliteStore } from '../../stores/sqlite/sqlite-store.ts';
import { expectError, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createManualProvider, JPEG } from '../../testing/manual-provider.ts';
import { openRaw, requestHead } from '../../testing/raw-connection.ts';
import { TINY_JPEG, TINY_PNG } from '../../testing/scripted-provider.ts';
import { openSse } from '../../testing/sse-reader.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { PATIENT_TIMEOUTS } from '../../testing/test-darkroom.ts';

/** More than a connection takes at once. */
const LARGE = { bytes: Buffer.concat([TINY_JPEG, randomBytes(100_000)]), type: 'image/jpeg' } as const;

const idOf = (named: unknown) => /"id":"([^"]+)"/.exec(JSON.stringify(named))?.[1] ?? '';

async function open(query = 'prompt=a%20cat&steps=5', overrides: Overrides = {}) {
  const server = await startManual({}, overrides);
  const stream = await openSse(`${server.url}/api/generate?${query}`);
  const id = idOf(await stream.next('job'));
  const run = await server.provider.nextRun();
  return { ...server, stream, id, run };
}

type Opened = Awaited<ReturnType<typeof open>>;

const statusOf = ({ log, id }: Opened) => log.peek(id)?.job.status;
const dataOf = ({ stream }: Opened) =>
  stream.inbox.all
    .filter(({ event }) => event === 'message')
    .map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data)));

describe('GET /api/generate', () => {
  it('[R5] is a job as a stream: each step with its picture, the result, then [DONE]', async () => {
    const opened = await open();
    const { stream, run } = opened;
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8' });
    for (let step = 1; step <= 2; step++) {
      await run.step(step, JPEG);
      await eventually(() => dataOf(opened).length === step);
    }
    await run.finish();
    expect(await stream.closed).toBe('ended');
    const [jpeg, png] = [TINY_JPEG, TINY_PNG].map((bytes) => bytes.toString('base64'));
    expect(dataOf(opened)).toEqual([
      { step: 1, total_steps: 5, image: jpeg, progress: 20 },
      { step: 2, total_steps: 5, image: jpeg, progress: 40 },
      { step: 5, total_steps: 5, image: png, progress: 100 },
      '[DONE]',
    ]);
    expect(statusOf(opened)).toBe('completed');
  });

  it('[R5] says something while nothing happens, so that no proxy takes it for dead', async () => {
    const clock = new FakeClock();
    const { url, provider } = await startManual({}, { clock });
    const client = await openRaw(url);
    client.write(requestHead(url, 'GET /api/generate?prompt=a%20cat'));
    await provider.nextRun();
    await eventually(() => client.text.includes('event: job'));
    for (let beats = 1; beats <= 3; beats++) {
      clock.advance(LIMITS.heartbeatMs);
      await eventually(() => client.text.split('\n:\n\n').length > beats);
    }
  });

  it('[R5] [B2] leaves nothing behind each time that it waits for its reader', async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error) => void warnings.push(warning);
    process.on('warning', keep);
    onTestFinished(() => void process.off('warning', keep));
    const opened = await open('prompt=a%20cat&steps=50');
    for (let step = 1; step <= 20; step++) {
      await opened.run.step(step, LARGE);
      await eventually(() => dataOf(opened).length === step);
    }
    expect(warnings).toEqual([]);
  });

  it('[R5] a reader that leaves cancels the job', async () => {
    const opened = await open();
    opened.stream.cut();
    await opened.run.released;
    await eventually(() => statusOf(opened) === 'cancelled');
  });

  it('[R5] a failure is said, then [DONE]', async () => {
    const opened = await open();
    opened.run.end(new ProviderError('PROVIDER_REJECTED'));
    expect(await opened.stream.next('error')).toMatchObject({ error: { code: 'PROVIDER_REJECTED' } });
    expect(await opened.stream.closed).toBe('ended');
    expect(dataOf(opened)).toEqual(['[DONE]']);
  });

  it('[R5] a job that somebody cancels ends the stream', async () => {
    const opened = await open();
    await opened.jobs.cancel(opened.id);
    expect(await opened.stream.next('error')).toMatchObject({ error: { retryable: false } });
    expect(await opened.stream.closed).toBe('ended');
  });

  it('[B2] a reader that takes no byte for too long has left', async () => {
    const opened = await open(undefined, { httpTimeouts: { ...PATIENT_TIMEOUTS, unreadMs: 200 } });
    const { stream, run } = opened;
    stream.pause();
    const large = { bytes: Buffer.concat([TINY_JPEG, randomBytes(12_000_000)]), type: 'image/jpeg' } as const;
    await run.step(1, large);
    await run.released;
    await eventually(() => statusOf(opened) === 'cancelled');
  });

  it('[J3] a planned stop does not cancel the job: its reader did not leave', async () => {
    const folder = await tempFolder();
    const provider = createManualProvider();
    const { url, jobs, stop } = await startManual({ DATA_DIR: folder }, { providers: [provider] });
    const stream = await openSse(`${url}/api/generate?prompt=a%20cat`);
    const id = idOf(await stream.next('job'));
    await provider.nextRun();
    const other = await postJob(url);
    // Backends are closed once every connection is. A cancel that the stream's end made would be stored before this one.
    provider.close = async () => void (await jobs.cancel(other.id));
    await stop();
    await stream.closed;
    const store = await SqliteStore.open(join(folder, 'darkroom.sqlite'));
    onTestFinished(() => store.close());
    expect((await store.readJob(other.id))?.job.status).toBe('cancelled');
    expect((await store.readJob(id))?.job).toMatchObject({ status: 'queued', attempt: 1 });
  });

  it.each([
    ['prompt', 'steps=5', 'INVALID_PROMPT'],
    ['steps', 'prompt=a&steps=4', 'INVALID_REQUEST'],
    ['steps', 'prompt=a&steps=51', 'INVALID_REQUEST'],
    ['steps', 'prompt=a&steps=x', 'INVALID_REQUEST'],
    ['size', 'prompt=a&size=9', 'INVALID_REQUEST'],
    ['seed', 'prompt=a&seed=-1', 'INVALID_REQUEST'],
  ] as const)('[B4] a bad %s is refused before anything is made (%s)', async (field, query, code) => {
    const { url, provider } = await startManual();
    expect((await expectError(await fetch(`${url}/api/generate?${query}`), code, field)).status).toBe(400);
    expect(provider.requests).toEqual([]);
  });
});
