import { describe, expect, it } from 'vitest';
import { expectError, postJob, postJson, startManual } from '../testing/api.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { sendRaw } from '../testing/raw-request.ts';

const EVIL = 'https://evil.example';
const FRIEND = 'https://friend.example';

describe('Other sites', () => {
  it('[W10] may not read anything by default: no CORS header, no preflight', async () => {
    const { url } = await startManual();
    const { id } = await postJob(url);
    const response = await fetch(`${url}/api/jobs/${id}`, { headers: { origin: EVIL } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(`${url}/api/jobs`, {
      method: 'OPTIONS',
      headers: { origin: EVIL, 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may read what CORS_ORIGINS names, and nobody else may', async () => {
    const { url } = await startManual({ CORS_ORIGINS: FRIEND });
    const allowed = async (origin: string) =>
      (await fetch(`${url}/api/jobs`, { headers: { origin } })).headers.get('access-control-allow-origin');
    expect(await allowed(FRIEND)).toBe(FRIEND);
    expect(await allowed(EVIL)).not.toBe(EVIL);
    const preflight = await fetch(`${url}/api/jobs`, {
      method: 'OPTIONS',
      headers: { origin: FRIEND, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, PATCH, DELETE');
  });

  it.each([
    ['another origin', { origin: EVIL }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site form', { 'sec-fetch-site': 'cross-site' }],
  ])('[W10] may not start anything, not even blindly: %s', async (_what, headers) => {
    const { url } = await startManual();
    const { id } = await postJob(url);
    for (const response of [
      await postJson(`${url}/api/jobs`, { prompt: 'a' }, headers),
      await fetch(`${url}/api/jobs/${id}/cancel`, { method: 'POST', headers }),
      await fetch(`${url}/api/generate?prompt=a`, { headers }),
    ])
      expect((await expectError(response, 'FORBIDDEN')).status).toBe(403);
  });

  it.each([
    ['the own page', (url: string) => ({ origin: url, 'sec-fetch-site': 'same-origin' })],
    ['a listed page', () => ({ origin: FRIEND, 'sec-fetch-site': 'cross-site' })],
    ['no page', () => ({})],
  ])('[W10] %s may start jobs', async (_what, headers) => {
    const { url } = await startManual({ CORS_ORIGINS: FRIEND });
    expect((await postJson(`${url}/api/jobs`, { prompt: 'a' }, headers(url))).status).toBe(201);
  });

  it('[W10] the page of PUBLIC_URL is the own page', async () => {
    const { url } = await startManual({ PUBLIC_URL: 'https://darkroom.example/' });
    const origin = 'https://darkroom.example';
    expect((await postJson(`${url}/api/jobs`, { prompt: 'a' }, { origin })).status).toBe(201);
  });
});

describe('What is not HTTP', () => {
  it('[R6] gets an error body and an end', async () => {
    const { url } = await startManual();
    expect(await sendRaw(url, 'HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*\{"error":\{"code":"INVALID_REQUEST"/s);
  });

  it('[R6] headers over the bound are 431', async () => {
    const { url } = await startManual();
    const answer = await sendRaw(url, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 .*"code":"TOO_LARGE"/s);
  });
});

describe('RATE_LIMIT', () => {
  it('[B8][R6] refuses what is over it, says when to come back, and forgets when that time has come', async () => {
    const clock = new FakeClock();
    const { url } = await startManual({ RATE_LIMIT: '2/minute' }, { clock });
    const ask = () => fetch(`${url}/api/jobs`);
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    clock.advance(20_000);
    const refused = await ask();
    expect(refused.headers.get('retry-after')).toBe('40');
    expect((await expectError(refused, 'RATE_LIMITED')).status).toBe(429);
    clock.advance(40_000);
    expect((await ask()).status).toBe(200);
  });
});
