import { createHash } from 'node:crypto';
import { JobListResponse, JobResponse } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import type { Environment } from '../config.ts';
import { ProviderError } from '../provider-error.ts';
import { expectError, isAt, postJob, postJson, readLog, startManual, untilLog } from '../testing/api.ts';
import { eventually } from '../testing/eventually.ts';
import { skipReason } from '../testing/machine.ts';
import { startRedis } from '../testing/redis-server.ts';
import { createSharedDatabase } from '../testing/shared-postgres.ts';
import { openSocket } from '../testing/socket-reader.ts';
import { createVisitor } from '../testing/visitor.ts';

/** Ids of no form that there is, as they are written in an address. */
const BAD_IDS = [
  '%00',
  `%00${'a'.repeat(21)}`,
  `${'a'.repeat(21)}%00`,
  // Half a surrogate pair and NUL in a UTF-8 that is not valid.
  '%ED%A0%80',
  '%C0%80',
  '%EF%BB%BF',
  '%F0%9F%90%88',
  '%0A',
  '%20',
  '..%2F..%2Fdarkroom.sqlite',
  'x'.repeat(23),
  'x'.repeat(250),
  'x'.repeat(1_000),
  '__proto__',
  'constructor',
  'meta',
  'null',
  '-1',
  '1e400',
  "'%20or%201=1--",
];

/** The same of prompts: most of what is no id is a prompt. */
const BAD_PROMPTS = ['', '%00', 'a%00b', '%1B', '%C2%85', '%20', 'x'.repeat(3_000)];

/** Texts that a database cannot store; JSON carries them as escapes. */
const BAD_TEXTS = ['a\u0000b', '\u0000', 'a\ud800', '\udc00a', 'a\u001b[2Jb', 'x'.repeat(10_000)];

const GOOD_ID = 'A'.repeat(22);

const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ parameters: z.optional(z.array(z.object({ name: z.string(), in: z.string() }))) })),
  ),
});

interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bodies of the right shape, in which every text is to be replaced by a bad one. */
const BODIES: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  'post /api/jobs': [
    { prompt: '' },
    ...['style', 'negativePrompt', 'sampler', 'model', 'provider', 'image'].map((option) => ({
      prompt: 'a cat',
      options: { [option]: '' },
    })),
  ],
  'post /api/jobs/{jobId}/move': [{ before: '' }],
  'post /api/conversations': [{ title: '' }],
  'patch /api/conversations/{id}': [{ title: '' }],
  'post /api/conversations/{id}/messages': [{ content: '' }, { content: 'draw a cat', options: { model: '' } }],
  'post /api/conversations/{id}/messages/{messageId}/versions': [{ content: '' }],
  'post /api/identity/adopt': [{ token: '' }],
  'post /image/generate': [
    { prompt: '' },
    { prompt: 'a cat', negative_prompt: '' },
    { prompt: 'a cat', conversation_id: '' },
  ],
};

const json = (value: unknown) => ({ body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });

/** The body with its empty text replaced. */
const spoiled = (body: unknown, text: string) => JSON.parse(JSON.stringify(body).replace('""', JSON.stringify(text)));

/** Requests of every route with bad ids in its path, in its query, and bad texts in its body. */
async function hostileRequests(url: string): Promise<readonly HostileRequest[]> {
  const document = z.parse(Document, await (await fetch(`${url}/api/openapi.json`)).json());
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [] }]) => ({ method, path, parameters })),
  );
  const pages = ['/jobs/{jobId}', '/chat/{id}'].map((path) => ({ method: 'get', path, parameters: [] }));
  return [...routes, ...pages].flatMap(({ method, path, parameters }) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const fill = (bad: string | undefined, id: string) =>
      names.reduce((filled, name) => filled.replace(`{${name}}`, name === bad ? id : GOOD_ID), path);
    const bodies = BODIES[`${method} ${path}`] ?? [];
    const valid = bodies[0] === undefined ? {} : json(spoiled(bodies[0], GOOD_ID));
    const queries = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    return [
      ...names.flatMap((name) => BAD_IDS.map((id) => ({ method, path: fill(name, id), ...valid }))),
      ...queries.flatMap((query) =>
        (query === 'prompt' ? BAD_PROMPTS : BAD_IDS).map((value) => ({
          method,
          path: `${fill(undefined, '')}?${query}=${value}`,
          ...valid,
        })),
      ),
      ...bodies.flatMap((body) =>
        BAD_TEXTS.map((text) => ({ method, path: fill(undefined, ''), ...json(spoiled(body, text)) })),
      ),
    ];
  });
}

const KEYED: readonly HostileRequest[] = ['\u0085', 'ğ', 'k'.repeat(129), '\u00ff\u00fe'].flatMap((key) =>
  ['/api/jobs', '/image/generate', `/api/conversations/${GOOD_ID}/messages`].map((path) => ({
    method: 'post',
    path,
    body: JSON.stringify(path.startsWith('/api/conv') ? { content: 'draw a cat' } : { prompt: 'a cat' }),
    headers: {
      'content-type': 'application/json',
      'idempotency-key': Buffer.from(key, 'utf8').toString('latin1'),
    },
  })),
);

const SOCKET_MESSAGES: readonly unknown[] = [
  ...['\u0000', `${'a'.repeat(21)}\u0000`, '\ud800', 'x'.repeat(1_000), '', 'meta', 7, null, {}].flatMap((jobId) => [
    { type: 'subscribe', jobId },
    { type: 'unsubscribe', jobId },
  ]),
  ...['\u0000', '\ud800', '', 'e'.repeat(33), 7].map((epoch) => ({ type: 'subscribe', jobId: GOOD_ID, epoch })),
  ...[-1, 1.5, 1e300, '1', null].map((afterSeq) => ({ type: 'subscribe', jobId: GOOD_ID, afterSeq })),
  { type: '\u0000' },
  '{"type":"subscribe","jobId":"\ud800"}',
  '\u0000',
];

async function send(url: string, { method, path, body, headers }: HostileRequest) {
  const response = await fetch(`${url}${path}`, {
    method: method.toUpperCase(),
    headers: { accept: 'text/html', ...headers },
    ...(body !== undefined && { body }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function sendToSocket(url: string): Promise<void> {
  const socket = await openSocket(url);
  for (const message of SOCKET_MESSAGES) socket.send(message);
  await eventually(() => socket.inbox.all.filter(({ type }) => type === 'error').length >= SOCKET_MESSAGES.length);
  for (const message of socket.inbox.all)
    if (message.type === 'error') expect(['INVALID_REQUEST', 'NOT_FOUND']).toContain(message.error.code);
  socket.send({ type: 'ping' });
  await socket.next('pong');
  socket.cut();
}

const owned = (user: string) => `user:${createHash('sha256').update(`user:${user}`).digest('base64url')}`;

const DATABASES: readonly (readonly [string, string | undefined, () => Promise<Environment>])[] = [
  ['SQLite', undefined, async () => ({})],
  ['PostgreSQL', skipReason('postgres'), async () => ({ DATABASE_URL: (await createSharedDatabase()).href })],
];

describe.each(DATABASES)('A server on %s', (_name, skip, settings) => {
  it.skipIf(skip !== undefined)(
    'refuses ids and texts of the wrong form on every route and the socket, while 50 others make jobs and notice nothing',
    async () => {
      const { url } = await startManual(await settings());
      const hostile = [...(await hostileRequests(url)), ...KEYED];
      const made: Promise<Response>[] = [];
      const refused = new Map<string, number>();
      const share = Math.ceil(hostile.length / 50);
      const sockets = [sendToSocket(url), sendToSocket(url)];
      for (let index = 0; index < 50; index++) {
        const some = hostile.slice(index * share, (index + 1) * share);
        made.push(postJson(`${url}/api/jobs`, { prompt: `job ${index}` }, { 'idempotency-key': `job-${index}` }));
        const statuses = await Promise.all(some.map((request) => send(url, request)));
        for (const [at, status] of statuses.entries())
          refused.set(`${some[at]?.method} ${some[at]?.path} ${some[at]?.body?.slice(0, 100)}`, status);
      }
      await Promise.all(sockets);
      for (const response of await Promise.all(made)) {
        expect(response.status).toBe(201);
        const { job } = JobResponse.parse(await response.json());
        expect((await readLog(url, job.id))[0]).toMatchObject({ seq: 1, stage: 'queued' });
      }
      const others = [...refused].filter(([, status]) => status !== 400 && status !== 404);
      expect(others).toEqual([]);
      const { jobs } = JobListResponse.parse(await (await fetch(`${url}/api/jobs?limit=100`)).json());
      expect(jobs).toHaveLength(50);
    },
  );

  it.skipIf(skip !== undefined)('[R2] [M1] an id of the wrong form is not found, like one of nothing', async () => {
    const { url } = await startManual(await settings());
    const visitor = createVisitor(url);
    for (const id of ['%00', 'x'.repeat(23), GOOD_ID]) {
      await expectError(await visitor.ask('GET', `/api/jobs/${id}`), 'NOT_FOUND', 'jobId');
      await expectError(await visitor.ask('POST', `/api/jobs/${id}/cancel`), 'NOT_FOUND', 'jobId');
      await expectError(await visitor.ask('GET', `/api/jobs/${id}/events`), 'NOT_FOUND', 'jobId');
      await expectError(await visitor.ask('DELETE', `/image/job/${id}/cancel`), 'NOT_FOUND', 'job_id');
      await expectError(await visitor.ask('DELETE', `/api/conversations/${id}`), 'NOT_FOUND', 'id');
      await expectError(await visitor.ask('GET', `/api/uploads/${id}`), 'NOT_FOUND');
      expect((await fetch(`${url}/jobs/${id}`, { headers: { accept: 'text/html' } })).status).toBe(404);
    }
    const { id } = await postJob(url);
    for (const [query, field] of [
      ['epoch=%00', 'epoch'],
      ['epoch=', 'epoch'],
      ['after=1e400', 'after'],
      ['after=%00', 'after'],
    ] as const)
      for (const path of [`/api/jobs/${id}`, `/api/jobs/${id}/events`])
        await expectError(await visitor.ask('GET', `${path}?${query}`), 'INVALID_REQUEST', field);
    for (const path of ['/api/jobs', '/api/conversations'])
      for (const cursor of ['%00', '%ED%A0%80', 'a.b', 'x'.repeat(129)])
        await expectError(await visitor.ask('GET', `${path}?cursor=${cursor}`), 'INVALID_REQUEST', 'cursor');
    const move = await visitor.ask('POST', `/api/jobs/${id}/move`, { before: 'nothing' });
    await expectError(move, 'INVALID_REQUEST', 'before');
  });

  it.skipIf(skip !== undefined)(
    '[R1] [R9] no key of a request without identity finds the job of an owner',
    async () => {
      const { url } = await startManual({ ...(await settings()), TRUST_PROXY: 'true', USER_HEADER: 'Remote-User' });
      const jane = createVisitor(url, { 'remote-user': 'jane' });
      const post = async (visitor: ReturnType<typeof createVisitor>, key: string, path = '/api/jobs') => {
        const response = await visitor.ask('POST', path, { prompt: 'a secret' }, { 'idempotency-key': key });
        return { status: response.status, text: await response.text() };
      };
      const { id } = JobResponse.parse(JSON.parse((await post(jane, 'k')).text)).job;
      for (const key of [`${owned('jane')} k`, ` ${owned('jane')} k`, `${owned('jane')}  k`, 'k'])
        for (const path of ['/api/jobs', '/image/generate']) {
          const { text } = await post(createVisitor(url), `${key}${path === '/api/jobs' ? '' : '2'}`, path);
          expect(text).not.toContain(id);
        }
      // Nor does a key that somebody has planted find its way to an owner.
      await post(createVisitor(url), `${owned('jane')} planted`);
      expect((await post(jane, 'planted')).status).toBe(201);
      expect(await post(jane, 'k')).toMatchObject({ status: 200, text: expect.stringContaining(id) });
    },
  );

  it.skipIf(skip !== undefined)('what a backend says cannot fail the writes of others', async () => {
    const { url, provider } = await startManual(await settings());
    const visitor = createVisitor(url);
    const conversation = await visitor.converse();
    const { job } = await visitor.say(conversation.id, { content: 'draw a cat' });
    const run = await provider.nextRun();
    await run.say({ type: 'waiting', position: Number.NaN });
    await run.say({ type: 'progress', percent: 5, step: 1.5, steps: Number.POSITIVE_INFINITY });
    const others = Array.from({ length: 10 }, () => postJob(url));
    run.end(new ProviderError('PROVIDER_REJECTED', 'No: \u0000\ud800!'));
    for (const { id } of await Promise.all(others)) expect(id).toMatch(/^[\w-]{22}$/);
    const events = await untilLog(url, job?.id ?? '', isAt('failed'));
    expect(events.at(-1)?.error?.message).toBe('No: \ufffd\ufffd!');
    expect((await visitor.last(conversation.id)).content).toBe('No: \ufffd\ufffd!');
  });
});

const redisReason = skipReason('redis-server');

describe.skipIf(redisReason !== undefined)('A server with Redis', () => {
  it('[C4] a request about a job that has the name of one of the queue’s own keys changes nothing', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const { url, provider } = await startManual({ REDIS_URL: redis.url });
    await postJob(url);
    await provider.nextRun();
    const waiting = [await postJob(url), await postJob(url), await postJob(url)];
    for (const name of [
      'wait',
      'prioritized',
      'active',
      'meta',
      'marker',
      'pc',
      'id',
      'events',
      'stalled',
      'limiter',
    ]) {
      await expectError(await fetch(`${url}/api/jobs/${name}/cancel`, { method: 'POST' }), 'NOT_FOUND', 'jobId');
      await expectError(await fetch(`${url}/image/job/${name}/cancel`, { method: 'DELETE' }), 'NOT_FOUND', 'job_id');
    }
    const visitor = createVisitor(url);
    for (const [index, { id }] of waiting.entries()) {
      const { queue } = z.parse(
        z.object({ queue: z.object({ position: z.number() }) }),
        await (await visitor.ask('GET', `/api/jobs/${id}`)).json(),
      );
      expect(queue.position).toBe(index + 1);
    }
  });
});
