import { ApiErrorBody, IdentityResponse, JobListResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { getSnapshot, postJob, postJson, startManual } from '../testing/api.ts';
import { ask, type RawRequest, sendRaw } from '../testing/raw-request.ts';
import { pathOf, startWithRoutes } from '../testing/server-routes.ts';
import { openSocket, refusedUpgrade, socketUrl } from '../testing/socket-reader.ts';
import { createVisitor } from '../testing/visitor.ts';

const EVIL = 'https://evil.example';
const FRIEND = 'https://friend.example';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

type Headers = Record<string, string>;

/** Requests as Chromium sends them for pages of other origins, to an address for which it sends Fetch Metadata. */
const WITH_METADATA: Record<string, Headers> = {
  'no-cors fetch or beacon': {
    origin: EVIL,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'no-cors',
    'content-type': 'text/plain',
  },
  'fetch of another port': {
    origin: 'http://127.0.0.1:3000',
    'sec-fetch-site': 'same-site',
    'sec-fetch-mode': 'no-cors',
  },
  form: {
    origin: EVIL,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-user': '?1',
    'content-type': 'application/x-www-form-urlencoded',
  },
  'form of a sandboxed frame': {
    origin: 'null',
    'sec-fetch-site': 'cross-site',
    'content-type': 'multipart/form-data; boundary=x',
  },
  'form without an origin': {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'content-type': 'text/plain',
  },
  EventSource: { origin: EVIL, accept: 'text/event-stream', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
  image: {
    accept: 'image/avif,image/*,*/*;q=0.8',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'no-cors',
    'sec-fetch-dest': 'image',
  },
  'image of another port': {
    accept: 'image/*',
    'sec-fetch-site': 'same-site',
    'sec-fetch-mode': 'no-cors',
    'sec-fetch-dest': 'image',
  },
  prefetch: {
    'sec-purpose': 'prefetch',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'no-cors',
    'sec-fetch-dest': 'empty',
  },
  link: {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-user': '?1',
  },
  frame: { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  'metadata sent twice': { 'sec-fetch-site': 'same-origin, cross-site' },
};

/** The same for plain http other than localhost, and for browsers that know no Fetch Metadata. */
const WITHOUT_METADATA: Record<string, Headers> = {
  'no-cors fetch or beacon': { origin: EVIL, 'content-type': 'text/plain' },
  'fetch of another port': { origin: 'http://127.0.0.1:3000' },
  'form of a sandboxed frame': { origin: 'null', 'content-type': 'application/x-www-form-urlencoded' },
  EventSource: { origin: EVIL, accept: 'text/event-stream' },
  image: { accept: 'image/avif,image/*,*/*;q=0.8' },
  'image with its page': { accept: 'image/*', referer: `${EVIL}/` },
  'image of another port': { accept: 'image/*', referer: 'http://127.0.0.1:3000/' },
  prefetch: { 'sec-purpose': 'prefetch', accept: '*/*' },
  link: { accept: 'text/html', referer: `${EVIL}/`, 'upgrade-insecure-requests': '1' },
  'link, or an address that redirects': { accept: 'text/html', 'upgrade-insecure-requests': '1' },
  'form of an old browser': { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
};

const ATTACKS = [WITH_METADATA, WITHOUT_METADATA].flatMap((table) =>
  Object.entries(table).map(([what, headers]) => ({ what, headers: { ...headers, 'user-agent': CHROME } })),
);

/** A server with a running job and a waiting one, whose user has a cookie. */
async function start(environment = {}) {
  const { server, routes } = await startWithRoutes(() => startManual(environment));
  const visitor = createVisitor(server.url);
  const { id: conversationId } = await visitor.converse('Mine');
  const ids: string[] = [];
  for (const prompt of ['one', 'two']) {
    const { job } = await visitor.say(conversationId, { content: `draw ${prompt}` });
    if (job !== undefined) ids.push(job.id);
  }
  await server.provider.nextRun();
  const state = async () => ({
    jobs: JobListResponse.parse(await (await fetch(`${server.url}/api/jobs`)).json()).jobs.map(({ id, status }) => [
      id,
      status,
    ]),
    conversations: await visitor.conversations(),
    messages: await visitor.messages(conversationId),
    requests: server.provider.requests.length,
  });
  return { ...server, routes, visitor, conversationId, ids, state };
}

const codeIn = (text: string) => ApiErrorBody.parse(JSON.parse(text)).error.code;

describe('[O2] A page of another site', () => {
  it('acts on no route that may act, whatever it sends, with the user’s cookie', async () => {
    const { url, routes, visitor, ids, state } = await start();
    const before = await state();
    const acts = routes.filter(({ access }) => access === 'act' || access === 'act-own');
    for (const { method, url: pattern } of acts)
      for (const { what, headers } of ATTACKS) {
        const path = pathOf(pattern, ids[1] ?? '');
        const request: RawRequest = { method, headers: { ...visitor.headers, ...headers } };
        const answer = await ask(`${url}${path}${method === 'GET' ? '?prompt=x' : ''}`, request);
        expect([method, path, what, answer.status]).toEqual([method, path, what, 403]);
        expect(codeIn(answer.text)).toBe('FORBIDDEN');
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    expect(await state()).toEqual(before);
  });

  it('finds every route that is not a mere read among those that may act', async () => {
    const { routes } = await start({ CORS_ORIGINS: FRIEND });
    const unguarded = routes.filter(({ access }) => access === 'read' || access === 'connect' || access === 'operate');
    expect(unguarded.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))).toEqual([]);
    const reads = routes.filter(({ method, access }) => method === 'GET' && access !== 'read');
    expect(reads.map((route) => `${route.url} ${route.access}`).sort()).toEqual([
      '/api/generate act',
      '/metrics operate',
      '/ws connect',
    ]);
  });

  it('starts nothing by any spelling of an address', async () => {
    const { url, state } = await start();
    const before = await state();
    const { host } = new URL(url);
    for (const path of [
      '/api/generate',
      '/api/%67enerate',
      '/%61pi/generate',
      '/api%2fgenerate',
      '/%2fapi/generate',
      '//api/generate',
      '/api//generate',
      '/api/generate/',
      '/API/Generate',
      '/api/generate;x=1',
      '/api/generate%00',
      '/api/generate%3f',
      '/./api/generate',
      '/x/../api/generate',
      `http://${host}/api/generate`,
      `//${host}/api/generate`,
    ])
      for (const method of ['GET', 'HEAD'])
        for (const lines of ['Sec-Fetch-Site: cross-site\r\n', '']) {
          const head = `${method} ${path}?prompt=x HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${CHROME}\r\n${lines}`;
          const answer = await sendRaw(url, `${head}Connection: close\r\n\r\n`);
          expect(answer, `${method} ${path}`).toMatch(/^HTTP\/1\.1 (?:400|403|404) /);
        }
    expect(await state()).toEqual(before);
  });

  it('is not taken for the own page because it has the same host over another scheme', async () => {
    const { url } = await start({ TRUST_PROXY: 'true', ALLOWED_HOSTS: 'nas.local' });
    const post = async (origin: string, scheme: string) => {
      const headers = { host: 'nas.local', origin, 'x-forwarded-proto': scheme, 'content-type': 'application/json' };
      return (await ask(`${url}/api/jobs`, { method: 'POST', headers, body: '{"prompt": "x"}' })).status;
    };
    expect([await post('http://nas.local', 'https'), await post('https://nas.local', 'http')]).toEqual([403, 403]);
    expect([await post('https://nas.local', 'https'), await post('http://nas.local', 'http')]).toEqual([201, 201]);
  });

  it('opens no socket', async () => {
    const { url } = await start();
    for (const headers of [
      { origin: EVIL },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:3000' },
      { origin: url, 'sec-fetch-site': 'same-site' },
      { origin: EVIL, 'sec-fetch-site': 'same-origin' },
    ])
      expect((await refusedUpgrade(socketUrl(url), headers)).statusCode).toBe(403);
    for (const headers of [{}, { origin: url }, { origin: url, 'sec-fetch-site': 'same-origin' }])
      await (await openSocket(url, headers)).next('hello');
  });
});

describe('[O2] HEAD', () => {
  it('starts nothing, also for a program', async () => {
    const { url, state } = await start();
    const before = await state();
    const answer = await ask(`${url}/api/generate?prompt=x`, { method: 'HEAD' });
    expect(answer.status).toBe(404);
    expect(await state()).toEqual(before);
  });

  it('[S3] is no way to hold a stream open', async () => {
    const { url, ids } = await start();
    expect((await ask(`${url}/api/jobs/${ids[0]}/events`, { method: 'HEAD' })).status).toBe(404);
  });
});

describe('[O2] May act', () => {
  it.each<[string, (url: string) => Headers]>([
    ['the own page', (url) => ({ origin: url, 'sec-fetch-site': 'same-origin', 'user-agent': CHROME })],
    ['the own page at plain http', (url) => ({ origin: url, 'user-agent': CHROME })],
    ['curl', () => ({ 'user-agent': 'curl/8.14.1', accept: '*/*' })],
    ['python', () => ({ 'user-agent': 'python-requests/2.32.5', accept: '*/*', 'accept-encoding': 'gzip' })],
    ['nothing that says what it is', () => ({})],
  ])('%s', async (_who, headers) => {
    const { url } = await startManual();
    const type = { 'content-type': 'application/json' };
    const answer = await ask(`${url}/api/jobs`, {
      method: 'POST',
      headers: { ...headers(url), ...type },
      body: '{"prompt": "x"}',
    });
    expect(answer.status).toBe(201);
  });

  it('fetch of Node and undici', async () => {
    const { url } = await startManual();
    expect((await postJson(`${url}/api/jobs`, { prompt: 'x' })).status).toBe(201);
    const stream = await fetch(`${url}/api/generate?prompt=x`);
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
  });

  it.each<[string, (url: string) => Headers]>([
    [
      'with Fetch Metadata',
      () => ({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'user-agent': CHROME }),
    ],
    ['with Referer alone', (url) => ({ referer: `${url}/docs`, 'user-agent': CHROME })],
  ])('the own page by GET, %s', async (_how, headers) => {
    const { url, provider } = await startManual();
    expect((await ask(`${url}/api/generate?prompt=x`, { headers: headers(url) })).status).toBe(200);
    await provider.nextRun();
  });

  it('a page of CORS_ORIGINS, which is let in but not blindly', async () => {
    const { url, state } = await start({ CORS_ORIGINS: FRIEND });
    const site = { 'sec-fetch-site': 'cross-site', 'user-agent': CHROME };
    expect((await postJson(`${url}/api/jobs`, { prompt: 'x' }, { ...site, origin: FRIEND })).status).toBe(201);
    const before = await state();
    expect((await ask(`${url}/api/generate?prompt=x`, { headers: site })).status).toBe(403);
    expect((await postJson(`${url}/api/jobs`, { prompt: 'x' }, { ...site, origin: EVIL })).status).toBe(403);
    expect(await state()).toEqual(before);
  });
});

describe('[O3] [R9] A page of CORS_ORIGINS', () => {
  it.each([FRIEND, '*'])('has no identity, whatever the browser adds (%s)', async (listed) => {
    const { url, visitor, conversationId, state } = await start({ CORS_ORIGINS: listed });
    const before = await state();
    const headers = { ...visitor.headers, origin: FRIEND, 'sec-fetch-site': 'same-site' };
    const read = async (path: string) => (await ask(url + path, { headers })).text;
    expect(JSON.parse(await read('/api/jobs?mine=true')).jobs).toEqual([]);
    expect(JSON.parse(await read('/api/conversations')).conversations).toEqual([]);
    expect(codeIn(await read(`/api/conversations/${conversationId}`))).toBe('NOT_FOUND');
    const cancelled = await ask(`${url}/api/jobs/cancel-mine`, { method: 'POST', headers });
    expect(JSON.parse(cancelled.text)).toEqual({ cancelled: [] });
    expect(await state()).toEqual(before);
  });

  it('neither gets a cookie nor replaces the user’s', async () => {
    const { url } = await startManual({ CORS_ORIGINS: '*' });
    const headers = { origin: EVIL, 'sec-fetch-site': 'same-site' };
    const answers = [
      await postJson(`${url}/api/jobs`, { prompt: 'x' }, headers),
      await postJson(`${url}/api/conversations`, {}, headers),
      await fetch(url, { headers: { ...headers, accept: 'text/html' } }),
    ];
    for (const answer of answers) expect(answer.headers.getSetCookie()).toEqual([]);
    const socket = await openSocket(url, headers);
    await socket.next('hello');
    expect(socket.setCookie).toEqual([]);
  });

  it('does not hear of the user’s conversations', async () => {
    const { url, visitor } = await start({ CORS_ORIGINS: '*' });
    const [own, foreign] = [
      await openSocket(url, { ...visitor.headers, origin: url }),
      await openSocket(url, { ...visitor.headers, origin: EVIL }),
    ];
    for (const socket of [own, foreign]) await socket.next('hello');
    const { id } = await visitor.converse();
    expect((await own.next('conversation')).conversationId).toBe(id);
    foreign.send({ type: 'ping' });
    await foreign.next('pong');
    expect(foreign.inbox.all.map(({ type }) => type)).not.toContain('conversation');
  });

  it('is not the user whom a proxy names', async () => {
    const { url } = await startManual({ CORS_ORIGINS: '*', TRUST_PROXY: 'true', USER_HEADER: 'remote-user' });
    const whoAsks = async (headers: Headers) =>
      IdentityResponse.parse(JSON.parse((await ask(`${url}/api/identity`, { headers })).text));
    expect(await whoAsks({ 'remote-user': 'jane', origin: url })).toEqual({ kind: 'user', name: 'jane' });
    expect(await whoAsks({ 'remote-user': 'jane', origin: EVIL })).toEqual({ kind: 'anonymous' });
    const image = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' };
    expect(await whoAsks({ 'remote-user': 'jane', ...image })).toEqual({ kind: 'anonymous' });
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await whoAsks({ 'remote-user': 'jane', ...link })).toEqual({ kind: 'user', name: 'jane' });
  });

  it('does not read the figures of those who run the server', async () => {
    const { url } = await startManual({ CORS_ORIGINS: '*' });
    const statusFor = async (headers: Headers) => (await ask(`${url}/metrics`, { headers })).status;
    expect(await statusFor({ origin: EVIL, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect([await statusFor({}), await statusFor({ origin: url })]).toEqual([200, 200]);
  });
});

it('[O3] an upgrade of a route that takes none changes nothing', async () => {
  const { url } = await startManual();
  const { id } = await postJob(url);
  const headers = { connection: 'Upgrade', upgrade: 'websocket' };
  const answer = await ask(`${url}/api/jobs/${id}/cancel`, { method: 'POST', headers });
  expect([answer.status, codeIn(answer.text)]).toEqual([404, 'NOT_FOUND']);
  expect((await getSnapshot(url, id)).job.status).not.toBe('cancelled');
});
