import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiErrorBody } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { getSnapshot, postJob, startManual } from '../../testing/api.ts';
import { eventually, eventuallyEqual } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createLineLogger } from '../../testing/line-logger.ts';
import { readFigures } from '../../testing/metrics-reader.ts';
import { openRaw, type RawConnection, requestHead } from '../../testing/raw-connection.ts';
import { TINY_PNG } from '../../testing/scripted-provider.ts';
import { socketUrl } from '../../testing/socket-reader.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { PATIENT_TIMEOUTS } from '../../testing/test-darkroom.ts';
import { DEFAULT_HTTP_TIMEOUTS, type HttpTimeouts } from './http-timeouts.ts';

/** A server with some time limits of its own. */
const startWith = (timeouts: Partial<HttpTimeouts>) =>
  startManual({}, { httpTimeouts: { ...PATIENT_TIMEOUTS, checkMs: 20, ...timeouts } });

const UPGRADE = { Connection: 'Upgrade', Upgrade: 'websocket' };
const HANDSHAKE = { ...UPGRADE, 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const closedFor = (reason: string) => `http_connections_closed_total{reason="${reason}"}`;

/** Sends a text byte by byte until the connection is gone. */
async function trickle(connection: RawConnection, text: string): Promise<void> {
  let isClosed = false;
  void connection.closed.then(() => {
    isClosed = true;
  });
  let sent = 0;
  await eventually(() => {
    connection.write(text[sent++ % text.length] ?? '');
    return isClosed;
  });
}

describe('A client that sends no complete request', () => {
  it('is closed when it sends nothing at all', async () => {
    const { url } = await startWith({ headersMs: 100 });
    const silent = await openRaw(url);
    await silent.closed;
    expect(silent.text).toBe('');
  });

  it('is closed when it sends byte by byte', async () => {
    const { url } = await startWith({ headersMs: 100 });
    const slow = await openRaw(url);
    slow.write('GET /api/jobs HTTP/1.1\r\n');
    await trickle(slow, 'X-Header: x\r\n');
    expect(slow.text).toBe('');
  });

  it.each([
    ['a second head', 'GET /api/jobs HTTP/1.1\r\n'],
    ['a handshake', 'GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'],
  ])('is closed when it begins %s after a request', async (_what, text) => {
    const { url } = await startWith({ headersMs: 500 });
    const slow = await openRaw(url);
    slow.write(requestHead(url, 'GET /api/nothing') + text);
    await slow.closed;
    expect(slow.text.split('HTTP/1.1 ').length).toBeLessThanOrEqual(2);
  });

  it('is closed when its request is not complete in time', async () => {
    const { url } = await startWith({ headersMs: 200, requestMs: 300 });
    const slow = await openRaw(url);
    slow.write(requestHead(url, 'POST /api/jobs', { 'Content-Type': 'application/json', 'Content-Length': '60000' }));
    await trickle(slow, ' ');
    expect(slow.text).toBe('');
  });

  it('is closed when it sends nothing between two requests', async () => {
    const { url } = await startWith({ keepAliveMs: 100 });
    const idle = await openRaw(url);
    idle.write(requestHead(url, 'GET /api/nothing'));
    await idle.closed;
    expect(idle.text).toMatch(/^HTTP\/1.1 404 /);
  });

  it('is counted', async () => {
    const { url } = await startWith({ headersMs: 100 });
    await (await openRaw(url)).closed;
    await eventually(async () => {
      const figures = await readFigures(url, 'http_connections_closed').catch(() => ({}));
      return Object.hasOwn(figures, closedFor('slow-request'));
    });
  });
});

/** A server whose clock the test owns, with the time limits that it has in production. */
async function startClocked() {
  const clock = new FakeClock();
  const { body, checkMs } = DEFAULT_HTTP_TIMEOUTS;
  const server = await startManual({}, { clock, httpTimeouts: { ...PATIENT_TIMEOUTS, body, checkMs } });
  const received = async () => (await readFigures(server.url, 'http_bodies'))['http_bodies_receiving_bytes'] ?? 0;
  const untilReceiving = (bodies: number) =>
    eventually(async () => ((await readFigures(server.url, 'http_bodies'))['http_bodies_receiving'] ?? 0) === bodies);
  return { ...server, clock, received, untilReceiving };
}

const OpenApi = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Each operation of the API that may have a body, as a request line. */
async function writingOperations(url: string): Promise<readonly string[]> {
  const { paths } = z.parse(OpenApi, await (await fetch(`${url}/api/openapi.json`)).json());
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => method !== 'get' && method !== 'head')
      .map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, 'x'.repeat(22))}`),
  );
}

const typeOf = (line: string) => (line.endsWith('/uploads') ? 'image/png' : 'application/json');

describe('A body that arrives too slowly', () => {
  it('[R6] is refused with 408 on every route that takes one, and the connection is closed', async () => {
    const { url, clock, untilReceiving } = await startClocked();
    const lines = await writingOperations(url);
    expect(lines.length).toBeGreaterThan(10);
    const slow = await Promise.all(
      lines.map(async (line) => {
        const connection = await openRaw(url);
        const headers = { 'Content-Type': typeOf(line), 'Content-Length': '10000' };
        connection.write(`${requestHead(url, line, headers)}{`);
        return connection;
      }),
    );
    await untilReceiving(lines.length);
    clock.advance(30_000);
    for (const [index, connection] of slow.entries()) {
      await connection.closed;
      const answer = connection.text;
      expect(`${lines[index]}: ${answer.split('\r\n')[0]}`).toBe(`${lines[index]}: HTTP/1.1 408 Request Timeout`);
      const { error } = z.parse(ApiErrorBody, JSON.parse(answer.split('\r\n\r\n')[1] ?? ''));
      expect(error).toMatchObject({ code: 'REQUEST_TIMEOUT', retryable: true, field: 'body' });
    }
    expect(await readFigures(url, 'http_connections_closed')).toEqual({ [closedFor('slow-body')]: lines.length });
    await untilReceiving(0);
  });

  it.each([
    ['in chunks without end', { 'Transfer-Encoding': 'chunked' }, '1\r\n{\r\n'],
    ['after `100 Continue`', { 'Content-Length': '10000', Expect: '100-continue' }, ''],
    ['at less than the minimum rate', { 'Content-Length': '60000' }, '{'.repeat(30_000)],
  ])('is refused when it comes %s', async (_what, headers, text) => {
    const { url, clock, received, untilReceiving } = await startClocked();
    const slow = await openRaw(url);
    slow.write(requestHead(url, 'POST /api/jobs', { 'Content-Type': 'application/json', ...headers }));
    await untilReceiving(1);
    slow.write(text);
    await eventually(async () => (await received()) >= text.length);
    clock.advance(30_000);
    await slow.closed;
    expect(slow.text).toContain('HTTP/1.1 408 ');
    expect(slow.text.includes('100 Continue')).toBe('Expect' in headers);
  });

  it.each([
    ['of a request that needs none', 'GET /api/jobs'],
    ['of a request that was refused', 'POST /api/nothing'],
    ['of an event stream', 'GET /api/jobs/JOB/events'],
  ])('ends the connection %s', async (_what, line) => {
    const { url, clock, provider, untilReceiving } = await startClocked();
    const { id } = await postJob(url);
    await provider.nextRun();
    const slow = await openRaw(url);
    slow.write(requestHead(url, line.replace('JOB', id), { 'Content-Length': '10000' }));
    await untilReceiving(1);
    await eventually(() => slow.text.includes('\r\n\r\n'));
    clock.advance(30_000);
    await slow.closed;
    expect(slow.text).not.toContain('408');
  });

  it('is taken at 50 KiB a second', async () => {
    const { url, clock, received, untilReceiving } = await startClocked();
    const bytes = randomBytes(1_000_000);
    const phone = await openRaw(url);
    const headers = { 'Content-Type': 'image/png', 'Content-Length': String(bytes.length), Connection: 'close' };
    phone.write(requestHead(url, 'POST /api/uploads', headers));
    await untilReceiving(1);
    const step = 250 * 1024;
    for (let sent = 0; sent < bytes.length; sent += step) {
      phone.write(bytes.subarray(sent, sent + step));
      if (sent + step < bytes.length) await eventually(async () => (await received()) >= sent + step);
      clock.advance(5_000);
    }
    await phone.closed;
    // It came whole: noise is no image.
    expect(phone.text).toMatch(/^HTTP\/1.1 415 .*"UNSUPPORTED_IMAGE"/s);
  });
});

describe('A client that closes its side and goes on reading', () => {
  it.each([
    ['a held poll', '?after=2&wait=25', 'live_polls_held'],
    ['an event stream', '/events', 'live_connections{'],
  ])('ends %s', async (_what, suffix, figure) => {
    const { url, provider } = await startManual();
    const { id } = await postJob(url);
    await provider.nextRun();
    await eventually(async () => (await getSnapshot(url, id)).head === 2);
    const half = await openRaw(url, { allowHalfOpen: true });
    half.write(requestHead(url, `GET /api/jobs/${id}${suffix}`));
    await eventually(async () => Object.keys(await readFigures(url, figure)).length === 1);
    half.endWriting();
    await eventuallyEqual(() => readFigures(url, figure), {});
  });
});

/** More than the system keeps for a connection that is not read, and no more than a preview may have. */
const LARGE_BYTES = 14 * 1024 * 1024;

/** Descriptors of this process for files under a folder. */
async function openFiles(folder: string): Promise<readonly string[]> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const paths = await Promise.all(descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

const LARGE = { bytes: Buffer.concat([TINY_PNG, randomBytes(LARGE_BYTES)]), type: 'image/png' } as const;

/** A server that has large responses of each kind. */
async function startLarge() {
  const webRoot = await tempFolder();
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'index.html'), '');
  await writeFile(join(webRoot, 'assets', 'large.js'), LARGE.bytes);
  const server = await startManual({}, { httpTimeouts: { ...PATIENT_TIMEOUTS, unreadMs: 200 }, webRoot });
  const { id } = await postJob(server.url);
  const run = await server.provider.nextRun();
  await run.step(1, LARGE);
  await eventually(async () => (await getSnapshot(server.url, id)).job.previewUrl !== undefined);
  return { ...server, webRoot, id, run };
}

type Server = Awaited<ReturnType<typeof startLarge>>;

describe('A response that is not read', () => {
  it.each<[string, (server: Server) => Promise<string>]>([
    [
      'a finished image',
      async ({ url, id, run }) => {
        await run.say({ type: 'image', image: LARGE });
        run.end();
        await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
        return (await getSnapshot(url, id)).job.resultUrls?.[0] ?? '';
      },
    ],
    ['a preview', async ({ url, id }) => (await getSnapshot(url, id)).job.previewUrl ?? ''],
    [
      'JSON',
      async ({ id, log }) => {
        const change = { type: 'accept', upstreamId: 'x'.repeat(LARGE_BYTES / 100) } as const;
        for (let count = 0; count < 100; count++) await log.appendAtHead(id, change);
        return `/api/jobs/${id}?after=0`;
      },
    ],
    ['a file of the web app', async () => '/assets/large.js'],
  ])('ends the connection (%s)', async (_what, prepare) => {
    const server = await startLarge();
    const { url, webRoot } = server;
    const deaf = await openRaw(url, { isDeaf: true });
    deaf.write(requestHead(url, `GET ${await prepare(server)}`));
    await eventuallyEqual(() => readFigures(url, 'http_connections_closed'), { [closedFor('unread')]: 1 });
    await eventuallyEqual(() => openFiles(webRoot), []);
  });
});

describe('Requests that do not wait for the response before them', () => {
  it('are answered in order, one after the other', async () => {
    const { url } = await startManual();
    const eager = await openRaw(url);
    const paths = Array.from({ length: 10 }, (_none, index) => `/api/nothing/${index}`);
    eager.write(paths.map((path) => requestHead(url, `GET ${path}`)).join(''));
    await eventually(() => eager.text.split('HTTP/1.1 404').length === 11);
    eager.write(requestHead(url, 'GET /api/providers', { Connection: 'close' }));
    await eager.closed;
    expect(eager.text).toMatch(/HTTP\/1.1 200/);
  });

  it('wait while the first response is not read', async () => {
    const { url, provider } = await startManual();
    const { id } = await postJob(url);
    await (await provider.nextRun()).step(1, LARGE);
    await eventually(async () => (await getSnapshot(url, id)).job.previewUrl !== undefined);
    const { previewUrl = '' } = (await getSnapshot(url, id)).job;
    const deaf = await openRaw(url, { isDeaf: true });
    deaf.write(requestHead(url, `GET ${previewUrl}`).repeat(10));
    const answered = async () =>
      await readFigures(url, 'http_request_duration_seconds_count{method="GET",route="/api/jobs/:jobId/frames');
    await eventually(async () => Object.values(await answered())[0] === 1);
    // What the others would have done is done by now.
    await (await fetch(url + previewUrl)).arrayBuffer();
    expect(Object.values(await answered())).toEqual([2]);
  });

  it.each(['/api/health', '/api/providers', '/nothing', '/', '/assets/a.js'])(
    'end the connection when one of them is a handshake (behind %s), which is no fault of the server',
    async (path) => {
      const webRoot = await tempFolder();
      await mkdir(join(webRoot, 'assets'));
      await writeFile(join(webRoot, 'index.html'), '<head></head>');
      await writeFile(join(webRoot, 'assets', 'a.js'), 'x'.repeat(100_000));
      const lines: string[] = [];
      const logger = createLineLogger((line) => void lines.push(line));
      const { url, stop } = await startManual({}, { webRoot, logger });
      const hasty = await openRaw(url);
      hasty.write(requestHead(url, `GET ${path}`) + requestHead(url, 'GET /ws', HANDSHAKE));
      await hasty.closed;
      await eventuallyEqual(() => readFigures(url, 'http_connections_closed'), { [closedFor('pipelined')]: 1 });
      expect((await fetch(`${url}/api/health`)).status).toBe(200);
      await stop();
      expect(lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
    },
  );

  it('end the connection when there are too many', async () => {
    const { url } = await startManual();
    const { id } = await postJob(url);
    const flooding = await openRaw(url);
    flooding.write(requestHead(url, `GET /api/jobs/${id}/events`) + requestHead(url, 'GET /api/jobs').repeat(5_000));
    await flooding.closed;
    await eventuallyEqual(() => readFigures(url, 'http_connections_closed'), { [closedFor('pipelined')]: 1 });
    await eventuallyEqual(() => readFigures(url, 'live_connections{'), {});
    expect(await readFigures(url, 'http_request_duration_seconds_count{method="GET",route="/api/jobs",')).toEqual({});
  });
});

describe('A connection whose request was refused', () => {
  it.each([
    ['a handshake of another address', requestHead(socketUrl('http://localhost'), 'GET /nothing', UPGRADE), '404'],
    [
      'a handshake with a body',
      requestHead(socketUrl('http://localhost'), 'GET /ws', { ...UPGRADE, 'Content-Length': '9' }),
      '400',
    ],
    ['no HTTP', 'hello\r\n\r\n', '400'],
  ])('is closed though the client keeps its side open (%s)', async (_what, text, status) => {
    const { url } = await startManual();
    const stubborn = await openRaw(url, { allowHalfOpen: true });
    stubborn.write(text);
    await eventually(() => stubborn.text.startsWith(`HTTP/1.1 ${status}`));
    // Only a connection that is gone answers a byte with a reset.
    await trickle(stubborn, 'x');
  });
});
