import { request } from 'node:http';
import { CancelMineResponse, ConversationResponse, JobResponse, LIMITS, UploadResponse } from '@darkroom/protocol';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Overrides } from '../compose.ts';
import type { Environment } from '../config.ts';
import { ProviderError } from '../provider-error.ts';
import { SqliteStore } from '../stores/sqlite/sqlite-store.ts';
import { expectError, getSnapshot, postJob, postJson, startManual } from '../testing/api.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { readFigures } from '../testing/metrics-reader.ts';
import { openSocket, refusedUpgrade, socketUrl } from '../testing/socket-reader.ts';
import { openSse } from '../testing/sse-reader.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { createVisitor } from '../testing/visitor.ts';

/** A client behind the trusted proxy. Without the header a test is a client on this machine, which has no limits. */
const from = (address: string) => ({ 'x-forwarded-for': `192.0.2.99, ${address}` });
const ADA = from('203.0.113.7');
const BOB = from('203.0.113.8');

/** A server behind one proxy. Its clock stands still, so that no minute passes by itself. */
async function start(environment: Environment = {}, overrides: Overrides = {}) {
  const clock = new FakeClock();
  const server = await startManual({ TRUST_PROXY: 'true', ...environment }, { clock, ...overrides });
  return { ...server, clock };
}

const createJob = (url: string, headers: Record<string, string> = ADA) =>
  postJson(`${url}/api/jobs`, { prompt: 'a lighthouse' }, headers);

const idOf = async (response: Response) => JobResponse.parse(await response.json()).job.id;

const picture = (width = 8) =>
  sharp({ create: { width, height: width, channels: 3, background: '#c40' } })
    .png()
    .toBuffer();

const upload = async (url: string, headers: Record<string, string> = ADA, width?: number) =>
  fetch(`${url}/api/uploads`, {
    method: 'POST',
    body: Buffer.from(await picture(width)),
    headers: { 'content-type': 'image/png', ...headers },
  });

describe('[R13] Unfinished jobs', () => {
  it('of an address are bounded over every route that creates one, whatever identities it shows', async () => {
    const { url } = await start({ MAX_QUEUED_PER_CLIENT: '2' });
    // Without a cookie each of them belongs to another owner.
    for (let count = 0; count < 2; count++) expect((await createJob(url)).status).toBe(201);
    const visitor = createVisitor(url, ADA);
    const { id } = await visitor.converse();
    const refused = [
      await createJob(url),
      await postJson(`${url}/image/generate`, { prompt: 'a' }, ADA),
      await fetch(`${url}/api/generate?prompt=a`, { headers: ADA }),
      await visitor.ask('POST', `/api/conversations/${id}/messages`, { content: 'draw a boat' }),
    ];
    for (const response of refused) {
      const { status, message } = await expectError(response, 'TOO_MANY_JOBS');
      expect({ status, message }).toEqual({
        status: 429,
        message: 'At most 2 of your jobs may wait or run at the same time: wait until some are done, or cancel some.',
      });
    }
    expect((await createJob(url, BOB)).status).toBe(201);
  });

  it('of an IPv6 network are bounded together', async () => {
    const { url } = await start({ MAX_QUEUED_PER_CLIENT: '2' });
    const statuses: number[] = [];
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::1', '2001:db8:1:2:a:b:c:d', '2001:db8:1:3::1'])
      statuses.push((await createJob(url, from(address))).status);
    expect(statuses).toEqual([201, 201, 429, 201]);
  });

  it('of an identity are bounded whatever its addresses, and make room when one is over', async () => {
    const { url, provider } = await start({ MAX_QUEUED_PER_CLIENT: '2' });
    const visitor = createVisitor(url);
    await visitor.converse();
    const create = (address: string) => visitor.ask('POST', '/api/jobs', { prompt: 'a' }, from(address));
    const first = await idOf(await create('203.0.113.1'));
    expect((await create('203.0.113.2')).status).toBe(201);
    await expectError(await create('203.0.113.3'), 'TOO_MANY_JOBS');
    await (await provider.nextRun()).finish();
    await eventually(async () => (await getSnapshot(url, first)).job.status === 'completed');
    expect((await create('203.0.113.3')).status).toBe(201);
  });

  it('of a user whom the proxy names are bounded by the name, and not by the address', async () => {
    const { url } = await start({ MAX_QUEUED_PER_CLIENT: '1', USER_HEADER: 'remote-user' });
    const as = (user: string) => createJob(url, { ...ADA, 'remote-user': user });
    expect([(await as('jane')).status, (await as('john')).status]).toEqual([201, 201]);
    await expectError(await as('jane'), 'TOO_MANY_JOBS');
  });

  it('a retry is refused like a new job', async () => {
    const { url, provider } = await start({ MAX_QUEUED_PER_CLIENT: '1', MAX_QUEUED: '2' });
    const failed = await idOf(await createJob(url));
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(async () => (await getSnapshot(url, failed)).job.status === 'failed');
    const retry = (headers: Record<string, string>) =>
      fetch(`${url}/api/jobs/${failed}/retry`, { method: 'POST', headers });
    await postJob(url);
    await provider.nextRun();
    expect((await createJob(url, BOB)).status).toBe(201);
    expect((await expectError(await retry(BOB), 'TOO_MANY_JOBS')).status).toBe(429);
    await postJob(url);
    // Now the queue is full, for clients on this machine too.
    for (const headers of [ADA, {}]) expect((await expectError(await retry(headers), 'QUEUE_FULL')).status).toBe(503);
  });

  it('have no bound but the queue’s for a client on this machine', async () => {
    const { url } = await start({}, { clock: new FakeClock() });
    const visitor = createVisitor(url);
    await visitor.converse();
    for (let made = 0; made < 300; made += 50) {
      const some = Array.from({ length: 50 }, () => visitor.ask('POST', '/api/jobs', { prompt: 'a' }));
      for (const { status } of await Promise.all(some)) expect(status).toBe(201);
    }
    const answer = await (await visitor.ask('POST', '/api/jobs/cancel-mine')).json();
    expect(CancelMineResponse.parse(answer).cancelled).toHaveLength(300);
  });
});

describe('[R13] What a client may do in a minute', () => {
  it.each<[what: string, max: number, operations: readonly string[]]>([
    [
      'jobs',
      LIMITS.jobsPerMinute,
      ['POST /api/jobs', 'GET /api/generate', 'POST /image/generate', 'POST /api/jobs/nothing/retry'],
    ],
    ['images', LIMITS.uploadsPerMinute, ['POST /api/uploads']],
    ['conversations', LIMITS.conversationsPerMinute, ['POST /api/conversations']],
    [
      'messages',
      LIMITS.messagesPerMinute,
      ['POST /api/conversations/nothing/messages', 'POST /api/conversations/nothing/messages/1/versions'],
    ],
    ['links', LIMITS.linksPerMinute, ['POST /api/identity/link', 'POST /api/identity/adopt']],
    [
      'changes',
      LIMITS.changesPerMinute,
      [
        'POST /api/jobs/nothing/cancel',
        'POST /api/jobs/cancel-mine',
        'POST /api/jobs/nothing/move',
        'DELETE /image/job/nothing/cancel',
        'DELETE /api/conversations/nothing',
        'PATCH /api/conversations/nothing',
      ],
    ],
  ])('%s: %i, over all routes together', async (what, max, operations) => {
    const { url, clock } = await start({ MAX_QUEUED_PER_CLIENT: '1' });
    const ask = (index: number, headers: Record<string, string> = ADA) => {
      const [method = '', path = ''] = operations[index % operations.length]?.split(' ') ?? [];
      return fetch(`${url}${path}`, { method, headers });
    };
    const statuses = new Set<number>();
    for (let done = 0; done < max; done += 20) {
      const some = Array.from({ length: 20 }, (_none, index) => ask(done + index));
      for (const { status } of await Promise.all(some)) statuses.add(status);
    }
    expect(statuses).not.toContain(429);
    for (const index of operations.keys()) {
      const refused = await ask(index);
      expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil(60 / max));
      const { message, retryable } = await expectError(refused, 'RATE_LIMITED');
      expect({ message, retryable }).toEqual({
        message: expect.stringMatching(new RegExp(`^A client may .+ at most ${max} ${what} a minute\\.$`)),
        retryable: true,
      });
      for (const other of [BOB, {}]) expect((await ask(index, other)).status).not.toBe(429);
    }
    clock.advance(Math.ceil(60 / max) * 1_000);
    expect((await ask(0)).status).not.toBe(429);
  });

  it('is at least twice as many jobs at once as it may have', async () => {
    const { url } = await start({ MAX_QUEUED: '400' });
    for (let made = 0; made < 100; made += 25) {
      const some = await Promise.all(Array.from({ length: 25 }, () => createJob(url)));
      for (const { status } of some) expect(status).toBe(201);
    }
    await expectError(await createJob(url), 'TOO_MANY_JOBS');
  });
});

describe('[R13] Live connections of one client', () => {
  it('are bounded, sockets and streams together, and make room when one closes', async () => {
    const { url } = await start();
    const { id } = await postJob(url);
    const sockets = [];
    for (let count = 1; count < LIMITS.connectionsPerClient; count++) sockets.push(await openSocket(url, ADA));
    const stream = await openSse(`${url}/api/jobs/${id}/events`, ADA);
    await stream.next('job');

    const handshake = await refusedUpgrade(socketUrl(url), ADA);
    expect([handshake.statusCode, handshake.headers['retry-after']]).toEqual([429, '5']);
    const put = await openSse(`${url}/api/jobs/${id}/events`, ADA);
    expect(put.status).toBe(200);
    expect(await put.next('bye')).toEqual({ afterMs: expect.any(Number) });
    expect(await put.closed).toBe('ended');
    const generate = await fetch(`${url}/api/generate?prompt=a`, { headers: ADA });
    expect((await expectError(generate, 'TOO_MANY_CONNECTIONS')).status).toBe(429);
    expect(await readFigures(url, 'live_connections_refused')).toEqual({
      'live_connections_refused_total{transport="ws",code="TOO_MANY_CONNECTIONS"}': 1,
      'live_connections_refused_total{transport="sse",code="TOO_MANY_CONNECTIONS"}': 1,
    });

    // Others have their own, and a client on this machine has no bound.
    for (const headers of [BOB, {}]) await (await openSocket(url, headers)).next('hello');
    await (await openSse(`${url}/api/jobs/${id}/events`, BOB)).next('job');

    stream.cut();
    const opened = async () => {
      const outgoing = await openSse(`${url}/api/jobs/${id}/events`, ADA);
      const first = await outgoing.inbox.next(() => true);
      return first.event === 'job';
    };
    await eventually(opened);
    sockets[0]?.cut();
    await eventually(async () => {
      const socket = await openSocket(url, ADA).catch(() => undefined);
      return socket !== undefined;
    });
  });

  it('are released when a handshake fails', async () => {
    const { url } = await start();
    const broken = () =>
      new Promise<void>((resolve, reject) => {
        const headers = { ...ADA, connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '99' };
        const outgoing = request(socketUrl(url).replace('ws', 'http'), { headers, agent: false }, (response) => {
          response.resume().on('close', () => resolve());
        });
        outgoing.on('error', reject);
        outgoing.end();
      });
    for (let count = 0; count <= LIMITS.connectionsPerClient; count++) await broken();
    await (await openSocket(url, ADA)).next('hello');
  });

  it('long polls are bounded apart from these', async () => {
    const { url } = await start();
    const { id } = await postJob(url);
    const { head } = await getSnapshot(url, id);
    const poll = (headers: Record<string, string>) => fetch(`${url}/api/jobs/${id}?after=${head}&wait=20`, { headers });
    const held = Array.from({ length: LIMITS.pollsPerClient }, () => poll(ADA));
    await eventually(async () => (await readFigures(url, 'live_polls_held'))['live_polls_held'] === held.length);
    expect((await expectError(await poll(ADA), 'TOO_MANY_CONNECTIONS')).status).toBe(429);
    expect((await fetch(`${url}/api/jobs/${id}`, { headers: ADA })).status).toBe(200);
    const others = [poll(BOB), poll({})];
    await eventually(async () => (await readFigures(url, 'live_polls_held'))['live_polls_held'] === held.length + 2);
    await fetch(`${url}/api/jobs/${id}/cancel`, { method: 'POST' });
    for (const { status } of await Promise.all([...held, ...others])) expect(status).toBe(200);
    // What was held is released.
    expect((await poll(ADA)).status).toBe(200);
  });

  it('have so many subscriptions together', async () => {
    const { url } = await start();
    const jobIds: string[] = [];
    for (let count = 0; count < LIMITS.subscriptionsPerSocket; count++) jobIds.push((await postJob(url)).id);
    const full = Math.floor(LIMITS.subscriptionsPerClient / LIMITS.subscriptionsPerSocket);
    const subscribeAll = async (headers: Record<string, string>, count = jobIds.length) => {
      const socket = await openSocket(url, headers);
      for (const jobId of jobIds.slice(0, count)) socket.send({ type: 'subscribe', jobId });
      for (const jobId of jobIds.slice(0, count)) await socket.next('subscribed', jobId);
      return socket;
    };
    for (let count = 0; count < full; count++) await subscribeAll(ADA);
    const last = await subscribeAll(ADA, LIMITS.subscriptionsPerClient - full * LIMITS.subscriptionsPerSocket);
    const one = jobIds.at(-1) ?? '';
    last.send({ type: 'subscribe', jobId: one });
    expect(await last.next('error')).toMatchObject({ jobId: one, error: { code: 'TOO_MANY_SUBSCRIPTIONS' } });
    // What it has already, it may subscribe to again.
    last.send({ type: 'subscribe', jobId: jobIds[0] });
    await last.next('subscribed', jobIds[0]);
    last.send({ type: 'unsubscribe', jobId: jobIds[0] });
    last.send({ type: 'subscribe', jobId: one });
    await last.next('subscribed', one);
    await subscribeAll(BOB);
  });
});

describe('[R13] Uploads that are kept', () => {
  const LIMITED = { maxCount: 3, maxBytes: 1_000_000, isMemory: true };
  const BUDGETS = { results: 1_000_000, uploads: 1_000_000, inputs: 1_000_000 };
  const MEMORY = { DATABASE_URL: 'memory:' };

  it('of one client are bounded, and say when there is room again', async () => {
    const memoryImages = { budgets: BUDGETS, uploads: LIMITED, copies: LIMITED };
    const { url, clock } = await start(MEMORY, { memoryImages });
    for (let count = 0; count < LIMITED.maxCount; count++) expect((await upload(url)).status).toBe(201);
    clock.advance(3_600_000);
    const refused = await upload(url);
    expect(refused.headers.get('retry-after')).toBe(String(23 * 3_600));
    const { status, message } = await expectError(refused, 'TOO_MANY_UPLOADS', 'body');
    expect([status, message]).toEqual([429, 'At most 3 of your images are kept at the same time.']);
    expect((await upload(url, BOB)).status).toBe(201);
    clock.advance(23 * 3_600_000);
    expect((await upload(url)).status).toBe(201);
  });

  it('in memory: one owner’s take no room from another’s, on this machine too, and none from results', async () => {
    const bytes = (await picture(256)).byteLength;
    // Two owners fill the memory for uploads; each may have half of it.
    const memoryImages = {
      budgets: { ...BUDGETS, uploads: 8 * bytes },
      uploads: { ...LIMITED, maxCount: 100, maxBytes: 4 * bytes },
      copies: LIMITED,
    };
    const { url, provider } = await start(MEMORY, { memoryImages });
    const send = async (visitor: ReturnType<typeof createVisitor>) => upload(url, visitor.headers, 256);
    const [ada, bob] = [createVisitor(url), createVisitor(url)];
    for (const visitor of [ada, bob]) await visitor.converse();
    let sent = 0;
    for (; sent < 20 && (await send(ada)).status === 201; sent++);
    expect(sent).toBeGreaterThan(0);
    await expectError(await send(ada), 'TOO_MANY_UPLOADS', 'body');
    for (let count = 0; count < sent; count++) expect((await send(bob)).status).toBe(201);
    await expectError(await send(bob), 'TOO_MANY_UPLOADS', 'body');

    const { id } = await postJob(url);
    await (await provider.nextRun()).finish();
    await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
  });

  it('in memory: the copies of jobs that are cancelled at once count too', async () => {
    const bytes = (
      await sharp({ create: { width: 512, height: 512, channels: 3, background: '#c40' } })
        .png()
        .toBuffer()
    ).byteLength;
    const copies = { ...LIMITED, maxCount: 100, maxBytes: 10 * bytes };
    const memoryImages = { budgets: BUDGETS, uploads: LIMITED, copies };
    const { url } = await start(MEMORY, { memoryImages });
    const image = UploadResponse.parse(await (await upload(url)).json()).upload.url;
    const create = () => postJson(`${url}/api/jobs`, { prompt: 'a', options: { image } }, ADA);
    let refused: Response | undefined;
    for (let count = 0; count < 30 && refused === undefined; count++) {
      const response = await create();
      if (response.status === 201) await fetch(`${url}/api/jobs/${await idOf(response)}/cancel`, { method: 'POST' });
      else refused = response;
    }
    if (refused === undefined) return expect.fail('nothing was refused');
    await expectError(refused, 'TOO_MANY_UPLOADS', 'options.image');
    const theirs = UploadResponse.parse(await (await upload(url, BOB)).json()).upload.url;
    const other = await postJson(`${url}/api/jobs`, { prompt: 'a', options: { image: theirs } }, BOB);
    expect(other.status).toBe(201);
  });
});

describe('[R13] Conversations that are kept', () => {
  /** A server whose visitor owns what `fill` puts into its store, once before it starts. */
  async function startFilled(fill: (store: SqliteStore, owner: string, conversationId: string) => Promise<unknown>) {
    const DATA_DIR = await tempFolder();
    const first = await start({ DATA_DIR });
    const visitor = createVisitor(first.url, ADA);
    const { id } = await visitor.converse();
    await first.stop();
    const store = await SqliteStore.open(`${DATA_DIR}/darkroom.sqlite`);
    const { cookie = '' } = visitor.headers;
    await fill(store, /=([\w-]{22})/.exec(cookie)?.[1] ?? '', id);
    await store.close();
    const { url } = await start({ DATA_DIR });
    return { id, visitor: createVisitor(url, { ...ADA, cookie }), local: createVisitor(url, { cookie }), url };
  }

  const at = '2026-01-01T00:00:00.000Z';
  const idOf = (index: number) => `${index}`.padStart(22, 'c');

  it('are bounded for one identity', async () => {
    const { visitor, local, id, url } = await startFilled((store, owner) =>
      Promise.all(
        Array.from({ length: LIMITS.conversationsPerOwner - 1 }, (_none, index) =>
          store.conversations.create({ id: idOf(index), title: '', createdAt: at, updatedAt: at }, owner),
        ),
      ),
    );
    const { status, message, retryable } = await expectError(
      await visitor.ask('POST', '/api/conversations', {}),
      'TOO_MANY_CONVERSATIONS',
    );
    expect({ status, message, retryable }).toEqual({
      status: 429,
      message: `You may have at most ${LIMITS.conversationsPerOwner} conversations: delete one that you no longer need.`,
      retryable: false,
    });
    expect((await createVisitor(url, ADA).converse()).id).toBeDefined();
    expect((await local.ask('POST', '/api/conversations', {})).status).toBe(201);
    // One more than before, and two fewer.
    for (const gone of [id, idOf(0)])
      expect((await visitor.ask('DELETE', `/api/conversations/${gone}`)).status).toBe(204);
    const response = await visitor.ask('POST', '/api/conversations', {});
    expect(ConversationResponse.safeParse(await response.json()).success).toBe(true);
  });

  it('have so many messages each', async () => {
    // Far more than a turn has: each turn is a transaction.
    const MESSAGES_A_TURN = 1_000;
    const messages = Array.from({ length: MESSAGES_A_TURN }, () => ({
      role: 'user' as const,
      content: 'hello',
      metadata: { type: 'text' as const },
    }));
    const { visitor, local, id, url } = await startFilled((store, owner, conversationId) =>
      Promise.all(
        Array.from({ length: LIMITS.messagesPerConversation / MESSAGES_A_TURN }, () =>
          store.conversations.addTurn({ conversationId, owner, at, title: 'long', messages }),
        ),
      ),
    );
    for (const content of ['hello', 'draw a boat']) {
      const response = await visitor.ask('POST', `/api/conversations/${id}/messages`, { content });
      const { status, retryable } = await expectError(response, 'CONVERSATION_FULL');
      expect([status, retryable]).toEqual([429, false]);
    }
    // For other identities it does not exist, full or not.
    const response = await createVisitor(url, BOB).ask('POST', `/api/conversations/${id}/messages`, { content: 'a' });
    await expectError(response, 'NOT_FOUND', 'id');
    await local.say(id, { content: 'hello' });
  });
});
