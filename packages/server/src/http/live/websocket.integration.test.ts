import { CLOSE, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../provider-error.ts';
import { expectError, postAction, postJob, startManual } from '../../testing/api.ts';
import { eventually } from '../../testing/eventually.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { openSocket, refusedUpgrade, type SocketReader, socketUrl } from '../../testing/socket-reader.ts';

const JOB = 'a'.repeat(22);

/** A server and a socket that has heard its hello. */
async function connect(...options: Parameters<typeof startManual>) {
  const darkroom = await startManual(...options);
  const socket = await openSocket(darkroom.url);
  const hello = await socket.next('hello');
  return { ...darkroom, socket, hello };
}

const subscribe = (socket: SocketReader, jobId: string, fields: { afterSeq?: number; epoch?: string } = {}) =>
  socket.send({ type: 'subscribe', jobId, ...fields });

describe('WebSocket', () => {
  it('[W1] the server speaks first', async () => {
    const { socket, hello } = await connect();
    expect(socket.inbox.all[0]).toBe(hello);
    expect(hello).toMatchObject({
      heartbeatMs: LIMITS.heartbeatMs,
      maxSubscriptions: LIMITS.subscriptionsPerSocket,
    });
    expect(hello.connectionId).not.toBe('');
    const other = await openSocket((await startManual()).url);
    expect((await other.next('hello')).connectionId).not.toBe(hello.connectionId);
  });

  it('[W2][W3] answers a subscription with the job, then all its events from the first, then what comes', async () => {
    const { socket, url, provider } = await connect();
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    subscribe(socket, id);
    const subscribed = await socket.next('subscribed', id);
    expect(subscribed).toMatchObject({ job: { id }, head: subscribed.job.lastEventSeq });
    await run.step(1);
    await run.finish();
    const end = await socket.next('end', id);
    expect(end).toMatchObject({ head: 5, status: 'completed' });
    expect(socket.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('[W2] sends only what is after `afterSeq`', async () => {
    const { socket, url } = await connect();
    const { id } = await postJob(url);
    await postAction(url, id, 'cancel');
    subscribe(socket, id, { afterSeq: 1 });
    const { head } = await socket.next('end', id);
    expect(socket.events.map(({ seq }) => seq)).toEqual(Array.from({ length: head - 1 }, (_none, index) => index + 2));
  });

  it('[W2] subscribing again replaces the cursor', async () => {
    const { socket, url, provider } = await connect();
    const { id } = await postJob(url);
    const run = await provider.nextRun();
    subscribe(socket, id);
    await socket.next('subscribed', id);
    await eventually(() => socket.events.length === 2);
    subscribe(socket, id, { afterSeq: 1 });
    await socket.next('subscribed', id);
    await eventually(() => socket.events.length === 3);
    await run.finish();
    await socket.next('end', id);
    expect(socket.events.map(({ seq }) => seq)).toEqual([1, 2, 2, 3, 4]);
  });

  it('[W2] many subscriptions in one turn for one job: the last one counts, once', async () => {
    const { socket, url } = await connect();
    const { id } = await postJob(url);
    for (let count = 0; count < 10; count++) subscribe(socket, id);
    await postAction(url, id, 'cancel');
    const { head } = await socket.next('end', id);
    socket.send({ type: 'ping' });
    await socket.next('pong');
    expect(socket.inbox.all.filter(({ type }) => type === 'end')).toHaveLength(1);
    expect(socket.events.at(-1)?.seq).toBe(head);
  });

  it('[W2] at most 64 subscriptions; the one more gets an error of its own, and there is room after unsubscribe', async () => {
    const { socket, jobs } = await connect();
    const ids = [];
    for (let count = 0; count <= LIMITS.subscriptionsPerSocket; count++) {
      const result = await jobs.create({ prompt: 'a cat' });
      if (result.ok) ids.push(result.job.id);
    }
    const [first = '', extra = ''] = [ids[0], ids.at(-1)];
    for (const id of ids) subscribe(socket, id);
    const refusal = await socket.next('error', extra);
    expect(refusal.error.code).toBe('TOO_MANY_SUBSCRIPTIONS');
    expect(socket.inbox.all.filter(({ type }) => type === 'subscribed')).toHaveLength(LIMITS.subscriptionsPerSocket);
    subscribe(socket, first);
    await socket.next('subscribed', first);
    socket.send({ type: 'unsubscribe', jobId: first });
    subscribe(socket, extra);
    await socket.next('subscribed', extra);
  });

  it('unsubscribe ends what comes of a job, and of no other', async () => {
    const { socket, url } = await connect();
    const [one, two] = [await postJob(url), await postJob(url)];
    for (const { id } of [one, two]) {
      subscribe(socket, id);
      await socket.next('subscribed', id);
    }
    await eventually(() => new Set(socket.events.map(({ jobId }) => jobId)).size === 2);
    socket.send({ type: 'unsubscribe', jobId: one.id });
    socket.send({ type: 'ping' });
    await socket.next('pong');
    const before = socket.events.filter(({ jobId }) => jobId === one.id).length;
    await postAction(url, one.id, 'cancel');
    await postAction(url, two.id, 'cancel');
    await socket.next('end', two.id);
    expect(socket.events.filter(({ jobId }) => jobId === one.id)).toHaveLength(before);
  });

  it("[W4] a final job's last event is followed by end; the socket stays for other jobs", async () => {
    const { socket, url } = await connect();
    const { id } = await postJob(url);
    subscribe(socket, id);
    await postAction(url, id, 'cancel');
    expect(await socket.next('end', id)).toMatchObject({ status: 'cancelled' });
    const types = socket.inbox.all.map(({ type }) => type);
    expect(types.indexOf('end')).toBe(types.findLastIndex((type) => type === 'event' || type === 'events') + 1);
    const next = await postJob(url);
    subscribe(socket, next.id);
    await socket.next('subscribed', next.id);
  });

  it('[W4] a reader that is at the end already is told so at once', async () => {
    const { socket, url } = await connect();
    const { id } = await postJob(url);
    const { lastEventSeq } = await postAction(url, id, 'cancel');
    subscribe(socket, id, { afterSeq: lastEventSeq });
    expect(await socket.next('end', id)).toMatchObject({ head: lastEventSeq });
    expect(socket.events).toEqual([]);
  });

  it('[W4] a failed job that may be retried does not end: its readers see the retry', async () => {
    const { socket, url, provider } = await connect();
    const { id } = await postJob(url);
    subscribe(socket, id);
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(() => socket.events.at(-1)?.stage === 'failed');
    await postAction(url, id, 'retry');
    await (await provider.nextRun()).finish();
    expect(await socket.next('end', id)).toMatchObject({ status: 'completed' });
    expect(socket.events.map(({ seq }) => seq)).toEqual(socket.events.map((_event, index) => index + 1));
    expect(socket.events.at(-1)?.attempt).toBe(2);
  });

  it.each([
    ['not JSON', '{', undefined],
    ['JSON of the wrong kind', '7', undefined],
    ['an unknown type', { type: 'dance' }, undefined],
    ['no type', {}, undefined],
    ['a binary frame', Buffer.from('{"type":"ping"}'), undefined],
    ['a bad number', { type: 'subscribe', jobId: JOB, afterSeq: -1 }, JOB],
    ['a bad id', { type: 'subscribe', jobId: 'x' }, 'x'],
  ])('[W5] %s is answered with an error, and the socket stays', async (_what, message, jobId) => {
    const { socket, url } = await connect();
    socket.send(message);
    const { error, ...rest } = await socket.next('error');
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', retryable: false });
    expect(rest).toEqual({ type: 'error', ...(jobId !== undefined && { jobId }) });
    const { id } = await postJob(url);
    subscribe(socket, id);
    await socket.next('subscribed', id);
  });

  it('[P3] a job that is not there is NOT_FOUND, and the subscription is gone', async () => {
    const { socket } = await connect();
    subscribe(socket, JOB);
    expect((await socket.next('error', JOB)).error.code).toBe('NOT_FOUND');
  });

  it('[W5] a flood closes the socket for good', async () => {
    const { socket } = await connect();
    for (let count = 0; count < 150; count++) socket.send({ type: 'ping' });
    expect((await socket.closed).code).toBe(CLOSE.flood);
  });

  it.each(['ping', 'pong'] as const)('[W5] so does a flood of the WebSocket protocol’s %ss', async (frame) => {
    const { socket } = await connect();
    for (let count = 0; count < 150; count++) socket.ws[frame]();
    expect((await socket.closed).code).toBe(CLOSE.flood);
  });

  it('[W6] a ping of the WebSocket protocol is answered with its payload', async () => {
    const { socket } = await connect();
    const payloads = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(125, 'b')];
    const pongs: Buffer[] = [];
    socket.ws.on('pong', (payload) => pongs.push(payload));
    for (const payload of payloads) socket.ws.ping(payload);
    await eventually(() => pongs.length === payloads.length);
    expect(pongs).toEqual(payloads);
  });

  it('[W5] a burst of a hundred is taken', async () => {
    const { socket } = await connect();
    for (let count = 0; count < 100; count++) socket.send({ type: 'ping' });
    await eventually(() => socket.inbox.all.filter(({ type }) => type === 'pong').length === 100);
  });

  it('[W5] a message over 16 KiB closes the socket; the server goes on', async () => {
    const { socket, url } = await connect();
    socket.send({ type: 'ping', padding: 'x'.repeat(LIMITS.socketMessageBytes) });
    expect((await socket.closed).code).toBe(1009);
    await (await openSocket(url)).next('hello');
  });

  it('[W6] a ping is answered with the time', async () => {
    const { socket } = await connect();
    socket.send({ type: 'ping' });
    expect((await socket.next('pong')).now).toBeTypeOf('number');
  });

  it('[W6] hearts beat every ten seconds, and a socket that says nothing for seventy is closed', async () => {
    const clock = new FakeClock();
    const { socket, url } = await connect({}, { clock });
    const deaf = await openSocket(url);
    await deaf.next('hello');
    // Neither answers by itself: only words of the reader count here, so both are made to keep silent.
    for (const { ws } of [socket, deaf]) ws.pong = () => {};
    for (let second = 10; second <= 70; second += 10) {
      clock.advance(10_000);
      expect((await socket.next('ping')).now).toBeGreaterThan(clock.now() - 10_000);
      socket.send({ type: 'pong' });
      socket.send({ type: 'ping' });
      await socket.next('pong');
    }
    clock.advance(10_000);
    clock.advance(10_000);
    await deaf.closed;
    socket.send({ type: 'ping' });
    await socket.next('pong');
  });

  it('[W7] those who wait are told their place, at most once a second, when it changed', async () => {
    const clock = new FakeClock();
    const { socket, url, provider } = await connect({}, { clock });
    const jobs = [await postJob(url)];
    await provider.nextRun();
    for (let index = 0; index < 3; index++) jobs.push(await postJob(url));
    const [, second, third, fourth] = jobs.map(({ id }) => id);
    for (const id of [second, third, fourth]) subscribe(socket, id ?? '');
    await socket.next('subscribed', fourth);
    clock.advance(1_000);
    await eventually(() => places().length === 3);
    expect(places()).toEqual([
      [second, 1],
      [third, 2],
      [fourth, 3],
    ]);
    await postAction(url, second ?? '', 'cancel');
    clock.advance(1_000);
    await eventually(() => places().length === 5);
    clock.advance(3_000);
    socket.send({ type: 'ping' });
    await socket.next('pong');
    expect(places().slice(3)).toEqual([
      [third, 1],
      [fourth, 2],
    ]);

    function places() {
      return socket.inbox.all.flatMap((each) => (each.type === 'queue' ? [[each.jobId, each.position]] : []));
    }
  });

  it('[W8][W9] bye comes before a planned close, its time differs per client', async () => {
    const darkroom = await startManual();
    const sockets = await Promise.all([1, 2, 3, 4].map(() => openSocket(darkroom.url)));
    for (const socket of sockets) await socket.next('hello');
    await darkroom.stop();
    const times = await Promise.all(sockets.map(async (socket) => (await socket.next('bye')).afterMs));
    for (const afterMs of times) expect(afterMs).toBeGreaterThanOrEqual(500);
    expect(new Set(times).size).toBeGreaterThan(1);
    for (const socket of sockets) expect((await socket.closed).code).toBe(CLOSE.shutdown);
  });

  it('[W10] a plain GET gets 426 at once', async () => {
    const { url } = await startManual();
    const response = await fetch(`${url}/ws`);
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
    await expectError(response, 'UPGRADE_REQUIRED');
  });

  it('[W10] a page of another origin gets 403; the own one and those of CORS_ORIGINS may connect', async () => {
    const { url } = await startManual({ CORS_ORIGINS: 'https://friend.example' });
    for (const origin of ['https://evil.example', 'null', url.replace('127.0.0.1', 'localhost')])
      expect((await refusedUpgrade(socketUrl(url), { origin })).statusCode).toBe(403);
    for (const origin of [url, 'https://friend.example']) await (await openSocket(url, { origin })).next('hello');
  });

  it('[W10] an upgrade of any other address gets 404', async () => {
    const { url } = await startManual();
    expect((await refusedUpgrade(`${url.replace('http', 'ws')}/api/jobs`)).statusCode).toBe(404);
  });
});
