import { ApiErrorBody, JobListResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { getSnapshot, postJob, startManual } from '../testing/api.ts';
import { ask, sendRaw } from '../testing/raw-request.ts';
import { pathOf, startWithRoutes } from '../testing/server-routes.ts';
import { openSocket, refusedUpgrade, socketUrl } from '../testing/socket-reader.ts';
import { createWebFolder } from '../testing/web-folder.ts';

const JOB = 'a'.repeat(22);

async function start(environment = {}) {
  const webRoot = await createWebFolder();
  const { server, routes } = await startWithRoutes(() => startManual(environment, { webRoot }));
  return { ...server, routes };
}

const jobsOf = async (url: string) => JobListResponse.parse(await (await fetch(`${url}/api/jobs`)).json()).jobs;
const errorIn = (text: string) => ApiErrorBody.parse(JSON.parse(text)).error;

/** What a page sends whose name in DNS points at the server by now: to the browser it is one origin with it. */
const rebound = (name: string) => ({
  host: `${name}:8787`,
  origin: `http://${name}:8787`,
  referer: `http://${name}:8787/`,
  'user-agent': 'Mozilla/5.0',
});

describe('[O1] A host name that the server does not know', () => {
  it('is refused on every route, page, file and address without a route, and nothing happens', async () => {
    const { url, routes, provider } = await start({ CORS_ORIGINS: '*' });
    const job = await postJob(url);
    const paths = routes.map((route) => ({ method: route.method, path: pathOf(route.url, job.id) }));
    expect(paths.length).toBeGreaterThan(50);
    const others = ['/nowhere', '/api/nothing', '/assets/gone.js', '/%zz', `/api/jobs/${'x'.repeat(300)}`];
    const asked = [...paths, ...others.map((path) => ({ method: 'GET', path }))];
    for (const { method, path } of asked) {
      const body = method === 'POST' || method === 'PATCH' ? '{"prompt": "a cat"}' : undefined;
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await ask(url + path, {
        method,
        headers: { ...rebound('evil.test'), ...type },
        ...(body !== undefined && { body }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 421]);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['set-cookie']).toBeUndefined();
      if (method === 'HEAD') continue;
      expect(errorIn(answer.text)).toMatchObject({ code: 'HOST_NOT_ALLOWED', field: 'Host', retryable: false });
      expect(errorIn(answer.text).message).toContain('ALLOWED_HOSTS=evil.test');
    }
    expect((await jobsOf(url)).map(({ id }) => id)).toEqual([job.id]);
    expect((await getSnapshot(url, job.id)).job.status).not.toBe('cancelled');
    expect(provider.requests).toHaveLength(1);
  });

  it('is refused at the handshake of a WebSocket', async () => {
    const { url } = await start({ CORS_ORIGINS: '*' });
    for (const path of ['/ws', '/api/jobs'])
      expect((await refusedUpgrade(`${url.replace('http', 'ws')}${path}`, rebound('evil.test'))).statusCode).toBe(421);
  });

  it.each([
    ['en-GB,en;q=0.9', 'en', 'Unknown host name', 'add it to the server’s settings'],
    ['tr-TR,tr;q=0.9', 'tr', 'Bilinmeyen alan adı', 'sunucu ayarlarına ekleyin'],
  ])('gets a browser a page that says what to do (%s)', async (language, lang, title, advice) => {
    const { url } = await start();
    for (const path of ['/', '/jobs/x', '/nowhere', '/api/jobs']) {
      const headers = { host: 'my.nas:8787', accept: 'text/html,*/*;q=0.8', 'accept-language': language };
      const answer = await ask(url + path, { headers });
      expect(answer.status).toBe(421);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).toContain(`<html lang="${lang}">`);
      expect(answer.text).toContain(`<h1>${title}</h1>`);
      expect(answer.text).toContain(advice);
      expect(answer.text).toContain('<pre>ALLOWED_HOSTS=my.nas</pre>');
    }
  });
});

describe('[O1] A host name that the server knows', () => {
  it('is served: an address, localhost, the host of PUBLIC_URL and those of ALLOWED_HOSTS', async () => {
    const { url } = await start({
      PUBLIC_URL: 'https://darkroom.example/',
      ALLOWED_HOSTS: 'nas, gateway_1, *.example.org',
    });
    for (const host of [
      '127.0.0.1',
      '127.0.0.1:8787',
      '192.168.1.20:1',
      '[::1]:8787',
      '[2001:DB8::1]',
      'localhost',
      'LOCALHOST:65535',
      'darkroom.localhost:8787',
      'darkroom.example',
      'Darkroom.Example:8443',
      'nas',
      'gateway_1:8787',
      'a.b.example.org',
    ]) {
      for (const path of ['/api/jobs', '/', '/assets/app-1.js', '/metrics'])
        expect([host, path, (await ask(url + path, { headers: { host } })).status]).toEqual([host, path, 200]);
      await (await openSocket(url, { host })).next('hello');
    }
  });

  it('is every name with ALLOWED_HOSTS=*, and still one that is well-formed', async () => {
    const { url } = await start({ ALLOWED_HOSTS: '*' });
    for (const host of ['evil.test', 'xn--a', '1.2.3.999:80', 'a..b'])
      expect((await ask(`${url}/api/jobs`, { headers: { ...rebound('x'), host } })).status).toBe(200);
    expect((await ask(`${url}/api/jobs`, { headers: { host: 'a b' } })).status).toBe(400);
    const post = (host: string, origin: string) =>
      ask(`${url}/api/jobs`, {
        method: 'POST',
        headers: { host, origin, 'content-type': 'application/json' },
        body: '{"prompt": "a cat"}',
      });
    expect((await post('1.2.3.999:80', 'http://1.2.3.999')).status).toBe(403);
    expect((await post('a..b', 'http://a..b')).status).toBe(201);
  });
});

/** A request's first lines, and what is wrong with them. */
const MALFORMED = {
  'no Host': 'GET /api/jobs HTTP/1.1\r\n',
  'no Host in HTTP/1.0': 'GET /api/jobs HTTP/1.0\r\n',
  'an empty Host': 'GET /api/jobs HTTP/1.1\r\nHost:\r\n',
  two: 'GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n',
  'two, the second of another site': 'GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nhOST: evil.test\r\n',
  'two, the first of another site': 'GET /api/jobs HTTP/1.1\r\nHost: evil.test\r\nHost: localhost\r\n',
  'a list': 'GET /api/jobs HTTP/1.1\r\nHost: localhost, evil.test\r\n',
  'a trailing dot': 'GET /api/jobs HTTP/1.1\r\nHost: localhost.\r\n',
  'user information': 'GET /api/jobs HTTP/1.1\r\nHost: evil.test@localhost\r\n',
  'no port': 'GET /api/jobs HTTP/1.1\r\nHost: localhost:99999\r\n',
  'an empty port': 'GET /api/jobs HTTP/1.1\r\nHost: localhost:\r\n',
  'a path': 'GET /api/jobs HTTP/1.1\r\nHost: localhost/evil.test\r\n',
  'a scope in an address': 'GET /api/jobs HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n',
  'bytes outside of ASCII': 'GET /api/jobs HTTP/1.1\r\nHost: l\u00f6calhost\r\n',
  'an absolute target': 'GET http://localhost/api/jobs HTTP/1.1\r\nHost: localhost\r\n',
  'an absolute target of another host': 'GET http://evil.test/api/jobs HTTP/1.1\r\nHost: localhost\r\n',
  'an absolute target that acts': 'GET http://localhost/api/generate?prompt=x HTTP/1.1\r\nHost: localhost\r\n',
  'a target without a path': 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n',
  'an unknown expectation': 'GET /api/jobs HTTP/1.1\r\nHost: a b\r\nExpect: the-unexpected\r\n',
};

describe('[O1] [R6] A malformed host or target', () => {
  const INVALID = /^HTTP\/1\.1 400 .*"code":"INVALID_REQUEST"/s;
  const HANDSHAKE =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

  it('is 400 with the error that every answer has, at a handshake as well', async () => {
    const { url } = await start({ ALLOWED_HOSTS: '*', CORS_ORIGINS: '*' });
    for (const [what, head] of Object.entries(MALFORMED)) {
      expect(await sendRaw(url, `${head}Connection: close\r\n\r\n`), what).toMatch(INVALID);
      if (!head.startsWith('GET')) continue;
      const handshake = head.replace(/\/api\/\w+/, '/ws');
      expect(await sendRaw(url, `${handshake}${HANDSHAKE}\r\n`), what).toMatch(INVALID);
    }
    expect(await jobsOf(url)).toEqual([]);
    await (await openSocket(url)).next('hello');
  });

  it('an address of other spelling is a name that the server does not know', async () => {
    const { url } = await start();
    for (const host of ['127.1', '0x7f000001', '2130706433', 'localhost.evil.test', '127.0.0.1.nip.io'])
      expect((await ask(`${url}/api/jobs`, { headers: { host } })).status).toBe(421);
  });
});

describe('[O1] Behind a trusted proxy', () => {
  const statusOf = async (url: string, host: string, forwarded: string) =>
    (await ask(`${url}/api/jobs`, { headers: { host, 'x-forwarded-host': forwarded } })).status;

  it('X-Forwarded-Host is checked as well as Host: neither makes up for the other', async () => {
    const { url } = await start({ TRUST_PROXY: 'true', PUBLIC_URL: 'https://darkroom.example' });
    expect(await statusOf(url, '127.0.0.1:8787', 'darkroom.example')).toBe(200);
    // The proxy passes on what a rebound page says in this header, beside the name that it was asked under.
    expect(await statusOf(url, 'evil.test', 'darkroom.example')).toBe(421);
    expect(await statusOf(url, '127.0.0.1:8787', 'evil.test')).toBe(421);
    expect(await statusOf(url, '127.0.0.1:8787', 'darkroom.example, evil.test')).toBe(421);
    expect(await statusOf(url, '127.0.0.1:8787', 'evil.test, darkroom.example')).toBe(200);
    expect(await statusOf(url, '127.0.0.1:8787', 'a b')).toBe(400);
    const refused = await ask(`${url}/api/jobs`, { headers: { 'x-forwarded-host': 'evil.test' } });
    expect(errorIn(refused.text)).toMatchObject({ code: 'HOST_NOT_ALLOWED', field: 'X-Forwarded-Host' });
  });

  it('counts at a handshake too', async () => {
    const { url } = await start({ TRUST_PROXY: 'true', PUBLIC_URL: 'https://darkroom.example' });
    const forwarded = (name: string) => ({ 'x-forwarded-host': name, origin: `https://${name}` });
    expect((await refusedUpgrade(socketUrl(url), forwarded('evil.test'))).statusCode).toBe(421);
    await (await openSocket(url, forwarded('darkroom.example'))).next('hello');
  });

  it('without TRUST_PROXY the header says nothing', async () => {
    const { url } = await start();
    expect(await statusOf(url, 'localhost', 'evil.test')).toBe(200);
    expect(await statusOf(url, 'evil.test', 'localhost')).toBe(421);
  });
});

it('[O1] a job’s page and its links name the host that was checked', async () => {
  const { url } = await start();
  const { text } = await ask(`${url}/jobs/${JOB}`, { headers: { host: 'localhost:8787', accept: 'text/html' } });
  expect(text).toContain(`content="http://localhost:8787/jobs/${JOB}"`);
});
