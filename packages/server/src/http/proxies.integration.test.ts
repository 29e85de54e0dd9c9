import { request } from 'node:http';
import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { startManual } from '../testing/api.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { skipReason } from '../testing/machine.ts';
import { readmeNginx, startProxy } from '../testing/proxy-server.ts';
import { openSocket, refusedUpgrade, socketUrl } from '../testing/socket-reader.ts';

const MAX = 3;

/** What a client may write into `X-Forwarded-For`, other words in each request. */
const FORGED: readonly ((n: number) => string | string[])[] = [
  (n) => `198.51.100.${n}`,
  (n) => `198.51.100.${n}, 127.0.0.1`,
  (n) => [`198.51.100.${n}`, `203.0.113.${n}`],
  (n) => `198.51.100.${n}:4711`,
  (n) => `[2001:db8:${n}::1]:443`,
  (n) => `unknown, garbage-${n}`,
  (n) => ` , ,${n},`,
  (n) => Array(500).fill(`198.51.100.${n}`).join(','),
];

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request from an address of this machine; each value of a list is a header of its own. */
function ask(url: string, headers: Record<string, string | string[]>, localAddress = '127.0.0.1'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, localAddress, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe.each(['nginx', 'apache2', 'haproxy'] as const)('Behind %s, which appends to X-Forwarded-For', (program) => {
  const isAbsent = skipReason(program) !== undefined;

  it.skipIf(isAbsent).each([
    ['true', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.2'],
  ])('TRUST_PROXY=%s: new words in it for each request do not bypass RATE_LIMIT', async (trust, client) => {
    // The window ends when the test says so.
    const clock = new FakeClock();
    const { url } = await startManual({ TRUST_PROXY: trust, RATE_LIMIT: `${MAX}/minute` }, { clock });
    const proxy = await startProxy(program, url);
    for (const forged of FORGED) {
      const statuses: number[] = [];
      for (let n = 1; n <= MAX + 2; n++)
        statuses.push((await ask(`${proxy}/api/jobs`, { 'x-forwarded-for': forged(n) }, client)).status);
      expect(statuses, String(forged(0)).slice(0, 40)).toEqual([...Array(MAX).fill(200), 429, 429]);
      clock.advance(60_000);
    }
  });

  it.skipIf(isAbsent)('two clients have a limit each', async () => {
    const { url } = await startManual({ TRUST_PROXY: 'true', RATE_LIMIT: '1/hour' });
    const proxy = await startProxy(program, url);
    const statuses: number[] = [];
    for (const client of ['127.0.0.1', '127.0.0.2', '127.0.0.1', '127.0.0.2'])
      statuses.push((await ask(`${proxy}/api/jobs`, {}, client)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });
});

describe('README.md, “Behind nginx”', () => {
  it.skipIf(skipReason('nginx') !== undefined)(
    '[R13] new words in X-Forwarded-For do not bypass the limit of WebSockets: a handshake is read like a request',
    async () => {
      const { url } = await startManual({ TRUST_PROXY: 'true' });
      const proxy = await startProxy('nginx', url);
      const forged = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}` });
      for (let n = 1; n <= LIMITS.connectionsPerClient; n++) await openSocket(proxy, forged(n));
      const refused = await refusedUpgrade(socketUrl(proxy), forged(0));
      expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '5']);
    },
  );

  it('says to set what its block needs', () => {
    const { block, text } = readmeNginx();
    expect(text).toContain('`TRUST_PROXY=true`');
    expect(block).toContain('proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;');
  });
});

describe('TRUST_PROXY with addresses', () => {
  it('[R9] believes the name of a user only from these', async () => {
    const { url } = await startManual({ TRUST_PROXY: '127.0.0.1', USER_HEADER: 'remote-user' });
    const as = (client: string) => ask(`${url}/api/identity`, { 'remote-user': 'jane' }, client);
    expect(JSON.parse((await as('127.0.0.1')).body)).toEqual({ kind: 'user', name: 'jane' });
    expect(JSON.parse((await as('127.0.0.2')).body)).toEqual({ kind: 'anonymous' });
  });

  it('believes X-Forwarded-Proto and X-Forwarded-Host only from these', async () => {
    const { url } = await startManual({ TRUST_PROXY: '127.0.0.1', ALLOWED_HOSTS: 'darkroom.example' });
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'darkroom.example' };
    const linkFrom = async (localAddress: string) => {
      const response = await new Promise<string>((resolve, reject) => {
        const outgoing = request(
          `${url}/api/identity/link`,
          { method: 'POST', headers: { 'content-type': 'application/json', ...forwarded }, localAddress, agent: false },
          (incoming) => {
            const cookie = String(incoming.headers['set-cookie']);
            incoming.resume().on('end', () => resolve(cookie));
          },
        );
        outgoing.on('error', reject);
        outgoing.end('{}');
      });
      return response.includes('Secure');
    };
    expect(await linkFrom('127.0.0.1')).toBe(true);
    expect(await linkFrom('127.0.0.2')).toBe(false);
  });
});
