import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { freePort } from '@darkroom/server/src/testing/free-port.ts';
import { skipReason } from '@darkroom/server/src/testing/machine.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDeployedNginx, startTlsNginx, type Tls } from './harness/deployed-nginx.ts';
import type { Nginx } from './harness/nginx.ts';
import { eventually } from './harness/until.ts';

/** A gateway that keeps what it is sent, in the order of arrival. */
interface Gateway {
  readonly host: string;
  readonly received: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

async function startGateway(): Promise<Gateway> {
  const received: Gateway['received'] = [];
  const server = createServer((request, response) => {
    received.push({ url: request.url ?? '', headers: request.headers });
    request.resume().on('end', () => response.end('done'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port }: Pick<AddressInfo, 'port'> = Object(server.address());
  return {
    host: `127.0.0.1:${port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Begins an upload, and resolves when nginx has admitted it and waits for its bytes. */
async function beginUpload(url: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(`POST /api/uploads HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain('HTTP/1.1 100 Continue');
  // nginx closes an upload of which nothing comes for 20 s: on a busy machine, before the test has looked.
  const trickle = setInterval(() => socket.write('x'), 1_000);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearInterval(trickle));
  return socket;
}

const post = async (url: string, bytes: number) =>
  (await fetch(url, { method: 'POST', body: Buffer.alloc(bytes) })).status;

describe.skipIf(skipReason('nginx') !== undefined)('deploy/nginx/nginx.conf, in front of any gateway', () => {
  let gateway: Gateway;
  let nginx: Nginx;
  beforeAll(async () => {
    gateway = await startGateway();
    nginx = await startDeployedNginx([gateway.host, gateway.host]);
  });
  afterAll(async () => {
    await nginx?.stop();
    await gateway.close();
  });

  it('[B12] replaces what a client says of itself', async () => {
    const claimed = {
      'x-forwarded-for': '203.0.113.1, 203.0.113.2',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
      'x-real-ip': '203.0.113.1',
      forwarded: 'for=203.0.113.1;host=evil.test;proto=https',
    };
    await fetch(`${nginx.url}/claims`, { headers: claimed });
    const { host, port } = new URL(nginx.url);
    const { headers = {} } = gateway.received.find(({ url }) => url === '/claims') ?? {};
    expect(Object.fromEntries(Object.keys(claimed).map((name) => [name, headers[name]]))).toEqual({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
      'x-forwarded-port': port,
      'x-real-ip': undefined,
      forwarded: undefined,
    });
    expect(headers.host).toBe(host);
  });

  it('[B12] refuses bodies that Darkroom would never take', async () => {
    expect(await post(`${nginx.url}/api/jobs`, 100 * 1024)).toBe(200);
    expect(await post(`${nginx.url}/api/jobs`, 200 * 1024)).toBe(413);
    expect(await post(`${nginx.url}/api/%75ploads`, 200 * 1024)).toBe(200);
  });

  it('[B12] keeps slow uploads away from the gateways, and one address from sending many', async () => {
    const slow = await Promise.all(Array.from({ length: 4 }, () => beginUpload(nginx.url)));
    expect(await post(`${nginx.url}/api/uploads?fifth`, 10)).toBe(429);
    expect(await post(`${nginx.url}/api/jobs?other`, 10)).toBe(200);
    expect(gateway.received.filter(({ url }) => url === '/api/uploads')).toEqual([]);
    for (const socket of slow) socket.destroy();
    await eventually(() => post(`${nginx.url}/api/uploads?fifth`, 10)).toBe(200);
  });
});

describe.skipIf(skipReason('nginx') !== undefined)('deploy/nginx/nginx.conf, in front of gateways that end', () => {
  it.each([
    ['asks the other gateway', 'GET', '/api/jobs', 2],
    ['never repeats a request that creates a job', 'GET', '/api/generate?prompt=boat', 1],
    ['never repeats one that is percent-encoded', 'GET', '/api/%67enerate?prompt=boat', 1],
    ['never repeats a POST', 'POST', '/api/jobs', 1],
  ])('[B12] %s: %s %s', async (_what, method, path, times) => {
    let asked = 0;
    const ending = createServer((request, response) => {
      if (request.url === '/') return response.end();
      asked++;
      return request.socket.destroy();
    });
    onTestFinished(() => void ending.close());
    ending.listen(0, '127.0.0.1');
    await once(ending, 'listening');
    const { port }: Pick<AddressInfo, 'port'> = Object(ending.address());
    const nginx = await startDeployedNginx([`127.0.0.1:${port}`, `localhost:${port}`]);
    onTestFinished(() => nginx.stop());
    expect((await fetch(nginx.url + path, { method })).status).toBe(502);
    expect(asked).toBe(times);
  });
});

describe.skipIf(skipReason('nginx') !== undefined)('deploy/nginx/tls.conf', () => {
  let folder: string;
  let gateway: Gateway;
  let nginx: Nginx;
  let tls: Tls;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-tls-'));
    tls = {
      certificate: join(folder, 'certificate.pem'),
      key: join(folder, 'key.pem'),
      port: await freePort(),
      redirectPort: await freePort(),
    };
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const name = ['-subj', '/CN=darkroom.test', '-addext', 'subjectAltName=DNS:darkroom.test,IP:127.0.0.1'];
    execFileSync('openssl', ['req', ...kind, ...name, '-keyout', tls.key, '-out', tls.certificate], { stdio: 'pipe' });
    gateway = await startGateway();
    nginx = await startTlsNginx([gateway.host, gateway.host], tls);
  });
  afterAll(async () => {
    await nginx?.stop();
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The protocol that both sides agree on; the error where they do not. */
  const negotiate = async (options: { maxVersion?: 'TLSv1.1' | 'TLSv1.2'; ciphers?: string }) => {
    const ca = await readFile(tls.certificate);
    const socket = connectTls({ port: tls.port, host: '127.0.0.1', ca, minVersion: 'TLSv1', ...options });
    onTestFinished(() => void socket.destroy());
    return new Promise<string | null>((resolve) => {
      socket.once('secureConnect', () => resolve(socket.getProtocol()));
      socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    });
  };

  it('[B12] takes TLS 1.3 and 1.2, and nothing older or weaker', async () => {
    expect(await negotiate({})).toBe('TLSv1.3');
    expect(await negotiate({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    // At security level 0 this side would take them.
    expect(await negotiate({ maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).toMatch(/^ERR_SSL_/);
    expect(await negotiate({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' })).toMatch(/^ERR_SSL_/);
  });

  it('[B12] tells the gateway that the client came over https, whatever the client says', async () => {
    const ca = await readFile(tls.certificate);
    const headers = { 'x-forwarded-proto': 'http' };
    const request = get({ host: '127.0.0.1', port: tls.port, path: '/secure', ca, headers });
    const [response] = await once(request, 'response');
    response.resume();
    const [received] = gateway.received.filter(({ url }) => url === '/secure');
    expect(received?.headers['x-forwarded-proto']).toBe('https');
  });

  it('[B12] sends links that begin with http:// to https://', async () => {
    const response = await fetch(`http://127.0.0.1:${tls.redirectPort}/job/1?x=2`, { redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe('https://127.0.0.1/job/1?x=2');
    expect(gateway.received.filter(({ url }) => url.startsWith('/job'))).toEqual([]);
  });
});
