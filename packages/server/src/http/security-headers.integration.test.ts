import type { IncomingHttpHeaders } from 'node:http';
import { JobResponse, UploadResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { getSnapshot, postJob, postJson, startManual } from '../testing/api.ts';
import { eventually } from '../testing/eventually.ts';
import { JPEG } from '../testing/manual-provider.ts';
import { ask, type RawAnswer, sendRaw } from '../testing/raw-request.ts';
import { TINY_PNG } from '../testing/scripted-provider.ts';
import { pathOf, startWithRoutes } from '../testing/server-routes.ts';
import { refusedUpgrade, socketUrl } from '../testing/socket-reader.ts';
import { createWebFolder } from '../testing/web-folder.ts';

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';
const FRIEND = 'https://friend.example';
const HSTS = 'strict-transport-security';

async function start(environment = {}) {
  const webRoot = await createWebFolder();
  const { server, routes } = await startWithRoutes(() => startManual(environment, { webRoot }));
  return { ...server, routes };
}

/** A server with a job that has a preview and a result, and an upload. */
async function startWithImages(environment = {}) {
  const server = await start(environment);
  const { url, provider } = server;
  const sent = await fetch(`${url}/api/uploads`, {
    method: 'POST',
    body: TINY_PNG,
    headers: { 'content-type': 'image/png' },
  });
  const { url: upload } = UploadResponse.parse(await sent.json()).upload;
  const created = await postJson(`${url}/api/jobs`, { prompt: 'a cat', options: { image: upload, steps: 5 } });
  const { id } = JobResponse.parse(await created.json()).job;
  const run = await provider.nextRun();
  await run.step(2, JPEG);
  await run.finish();
  await eventually(async () => (await getSnapshot(url, id)).job.status === 'completed');
  const { job, events } = await getSnapshot(url, id, '?after=0');
  const frame = events.find(({ previewUrl }) => previewUrl !== undefined)?.previewUrl;
  const images = [frame, job.resultUrls?.[0], job.options?.image].filter((path) => path !== undefined);
  expect(images).toHaveLength(3);
  return { ...server, id, upload, images };
}

/** What every answer has, whatever it is. */
function expectSecure(headers: IncomingHttpHeaders, what: string): void {
  const expected = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'$/),
    'cache-control': expect.any(String),
  };
  expect(headers, what).toMatchObject(expected);
  expect(headers['content-security-policy'], what).not.toMatch(/unsafe|\*|http:|https:/);
  for (const leak of ['server', 'x-powered-by', HSTS]) expect(headers, what).not.toHaveProperty(leak);
}

describe('[O4] Security headers', () => {
  it('are on every answer of every route, whether it is given or refused', async () => {
    const { url, routes, id } = await startWithImages();
    const answersOf = async (method: string, path: string): Promise<readonly RawAnswer[]> =>
      Promise.all(
        [
          { accept: HTML },
          { accept: '*/*', 'content-type': 'application/json' },
          { accept: HTML, host: 'evil.test' },
          { accept: '*/*', host: 'a b' },
          { accept: '*/*', 'sec-fetch-site': 'cross-site', origin: FRIEND },
        ].map((headers) => ask(url + path, { method, headers })),
      );
    const statuses = new Set<number>();
    for (const { method, url: pattern } of routes)
      for (const value of [id, 'unknown']) {
        const path = pathOf(pattern, value);
        for (const { status, headers } of await answersOf(method, path)) {
          expectSecure(headers, `${method} ${path}`);
          statuses.add(status);
        }
      }
    for (const status of [200, 400, 403, 404, 421, 426]) expect(statuses).toContain(status);
  });

  it('are on images, files, streams, answers without a route, and what is not even HTTP', async () => {
    const { url, id, upload, images } = await startWithImages();
    for (const path of [...images, upload, '/og.png', '/assets/app-1.js', '/nowhere', '/api/nothing', '/%zz'])
      expectSecure((await ask(url + path)).headers, path);
    const running = await postJob(url);
    for (const path of [
      `/api/jobs/${running.id}/events`,
      `/api/jobs/${id}/events?after=999`,
      '/api/generate?prompt=x',
    ]) {
      const { headers } = await ask(url + path);
      expectSecure(headers, path);
      expect(headers['cache-control']).toBe('no-store, no-transform');
    }
    for (const request of ['HELLO\r\n\r\n', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`]) {
      const [head = ''] = (await sendRaw(url, request)).split('\r\n\r\n');
      const lines = head.split('\r\n').slice(1);
      expectSecure(Object.fromEntries(lines.map((line) => line.split(': '))), head);
    }
  });

  it('are on refused handshakes', async () => {
    const { url } = await start();
    for (const headers of [{ origin: FRIEND }, { host: 'evil.test' }])
      expectSecure((await refusedUpgrade(socketUrl(url), headers)).headers, JSON.stringify(headers));
    expectSecure((await refusedUpgrade(`${url.replace('http', 'ws')}/nowhere`)).headers, '/nowhere');
    const bad = { connection: 'Upgrade', upgrade: 'websocket' };
    const answer = await ask(`${url}/ws`, { headers: bad });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('"code":"INVALID_REQUEST"');
    expectSecure(answer.headers, 'a handshake without a key');
  });

  it('of pages and their files keep other windows and the device’s sensors away', async () => {
    const { url } = await start();
    for (const path of ['/', '/chat', '/jobs/x', '/nowhere', '/assets/app-1.js']) {
      const { headers } = await ask(url + path, { headers: { accept: HTML } });
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['permissions-policy']).toMatch(/camera=\(\).*microphone=\(\)/);
    }
  });

  it('of pages let in own scripts, styles and images alone', async () => {
    const { url } = await start();
    const { headers } = await ask(url, { headers: { accept: HTML } });
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "font-src 'self'",
      "img-src 'self' data: blob:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ]);
  });
});

describe('[O4] Caching', () => {
  it('only what says so may be kept: nothing private by a shared cache', async () => {
    const { url, id, upload, images } = await startWithImages();
    const caching = async (path: string) =>
      (await ask(url + path, { headers: { accept: HTML } })).headers['cache-control'];
    for (const path of ['/api/jobs', `/api/jobs/${id}`, '/api/jobs?mine=true', '/api/conversations', '/api/identity'])
      expect(await caching(path), path).toBe('no-store');
    for (const path of ['/image/status', `/image/job/${id}/status`, '/api/health', '/api/providers', '/metrics'])
      expect(await caching(path), path).toBe('no-store');
    for (const path of ['/api/nothing', '/api/uploads/none', `/api/jobs/${id}/images/none.png`, '/ws'])
      expect(await caching(path), path).toBe('no-store');
    for (const path of ['/', '/chat', `/jobs/${id}`, '/nowhere'])
      expect(await caching(path), path).toBe('private, no-cache');
    expect(await caching(upload)).toMatch(/^private, max-age=\d+, immutable$/);
    for (const path of [...images, '/api/placeholders/no-backend.png'])
      expect(await caching(path)).toBe('public, max-age=31536000, immutable');
  });
});

describe('[O3] Pages of CORS_ORIGINS', () => {
  it('may embed a job’s images, and nothing else', async () => {
    const { url, id, upload, images } = await startWithImages({ CORS_ORIGINS: FRIEND });
    const policyOf = async (path: string) => (await ask(url + path)).headers['cross-origin-resource-policy'];
    for (const path of [...images, '/api/placeholders/no-backend.png'])
      expect(await policyOf(path)).toBe('cross-origin');
    for (const path of ['/', '/og.png', '/api/jobs', `/api/jobs/${id}`, upload, '/metrics'])
      expect(await policyOf(path)).toBe('same-origin');
  });

  it('read answers without credentials', async () => {
    const { url } = await start({ CORS_ORIGINS: '*' });
    const { headers } = await ask(`${url}/api/jobs`, { headers: { origin: FRIEND } });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('[O4] Strict-Transport-Security', () => {
  const PUBLIC_URL = 'https://darkroom.example';
  const hstsOf = async (environment: Record<string, string>, headers: Record<string, string>) => {
    const { url } = await start(environment);
    const paths = ['/', '/api/jobs', '/assets/app-1.js', '/nowhere', '/api/nothing'];
    const answers = await Promise.all(paths.map((path) => ask(url + path, { headers })));
    return [...new Set(answers.map((answer) => answer.headers[HSTS]))];
  };
  const OVER_HTTPS = { host: 'darkroom.example', 'x-forwarded-proto': 'https' };

  it('is sent for the host of an https PUBLIC_URL, where a trusted proxy says that the request came that way', async () => {
    expect(await hstsOf({ PUBLIC_URL, TRUST_PROXY: 'true' }, OVER_HTTPS)).toEqual(['max-age=31536000']);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['to a proxy that is not trusted', { PUBLIC_URL }, OVER_HTTPS],
    ['over http', { PUBLIC_URL, TRUST_PROXY: 'true' }, { ...OVER_HTTPS, 'x-forwarded-proto': 'http' }],
    ['under another name', { PUBLIC_URL, TRUST_PROXY: 'true' }, { ...OVER_HTTPS, host: '127.0.0.1' }],
    ['without PUBLIC_URL', { ALLOWED_HOSTS: 'darkroom.example', TRUST_PROXY: 'true' }, OVER_HTTPS],
    ['of a plain PUBLIC_URL', { PUBLIC_URL: 'http://darkroom.example', TRUST_PROXY: 'true' }, OVER_HTTPS],
  ])('is never sent %s', async (_when, environment, headers) => {
    expect(await hstsOf(environment, headers)).toEqual([undefined]);
  });
});
