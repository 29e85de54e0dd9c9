import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { PNG } from '../testing/manual-provider.ts';
import { WorkEnded } from './hosted-work.ts';
import { createLongFetch } from './long-fetch.ts';
import { isPrivateAddressError } from './public-addresses.ts';
import { fetchPicture } from './result-picture.ts';
import { UpstreamHttp, type UpstreamHttpOptions } from './upstream-http.ts';

const signal = new AbortController().signal;
const KEY = { authorization: 'Bearer secret' };
const NOT_ALLOWED = 'The backend’s result lies at an address that is not allowed.';
const sendPicture: RequestListener = (_request, response) => response.end(PNG.bytes);
const redirectTo =
  (location: string): RequestListener =>
  (_request, response) =>
    response.writeHead(302, { location }).end();

/** A server on every address of this machine, and the headers of the requests that came. */
async function startServer(answer: RequestListener = sendPicture) {
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  let current = answer;
  const server = createServer({ keepAlive: false }, (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    response.setHeader('connection', 'close');
    current(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    answerWith: (listener: RequestListener) => {
      current = listener;
    },
  };
}

/** A backend that is configured by this address, and another server. */
async function setUp(options: Partial<UpstreamHttpOptions> = {}) {
  const [own, other] = [await startServer(), await startServer()];
  const base = new URL(own.url);
  const http = new UpstreamHttp({ base, ...options });
  onTestFinished(() => http.close());
  const fetchAt = (address: string) => fetchPicture(address, { http, base, headers: KEY }, signal);
  return { own, other, http, base, fetchAt };
}

/** Ways to write an address of this machine. */
const PRIVATE_HOSTS = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '0.0.0.0',
  'localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::]',
];

const anywhere = { isAllowed: () => true };

describe('results at addresses that a backend names', () => {
  it('are fetched from its own origin, private or not, with its credentials', async () => {
    const { own, fetchAt } = await setUp();
    expect(await fetchAt(`${own.url}/a.png`)).toEqual(PNG);
    expect(await fetchAt('/b.png')).toEqual(PNG);
    expect(own.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/a.png', KEY.authorization],
      ['/b.png', KEY.authorization],
    ]);
  });

  it.each(PRIVATE_HOSTS)('are not fetched from another private address: %s', async (host) => {
    const { other, fetchAt } = await setUp();
    const thrown: unknown = await fetchAt(`http://${host}:${other.port}/a.png`).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(WorkEnded);
    expect(thrown).toMatchObject({ message: NOT_ALLOWED, retryable: false });
    expect(other.requests).toEqual([]);
  });

  it.each(PRIVATE_HOSTS)('are not fetched through a redirect to another private address: %s', async (host) => {
    const { own, other, fetchAt } = await setUp();
    own.answerWith(redirectTo(`http://${host}:${other.port}/a.png`));
    await expect(fetchAt('/a.png')).rejects.toThrow(NOT_ALLOWED);
    expect([own.requests.length, other.requests]).toEqual([1, []]);
  });

  it.each(['http://169.254.169.254/latest/meta-data/', 'http://10.0.0.1/', 'http://[fd00:ec2::254]/latest/'])(
    'are not fetched from %s, of which nothing is asked',
    async (address) => {
      const { fetchAt } = await setUp();
      await expect(fetchAt(address)).rejects.toMatchObject({
        message: NOT_ALLOWED,
        cause: expect.objectContaining({ message: expect.stringContaining('is not a public address') }),
      });
    },
  );

  it('are checked at each connection, not once for a name', async () => {
    const answers = [true, false];
    const { other, fetchAt } = await setUp({ isAllowed: () => answers.shift() ?? false });
    const address = `http://127.0.0.1:${other.port}/a.png`;
    expect(await fetchAt(address)).toEqual(PNG);
    await expect(fetchAt(address)).rejects.toThrow(NOT_ALLOWED);
    expect(other.requests).toHaveLength(1);
  });

  it('are refused where one of the addresses of a name is not allowed', async () => {
    const { other, fetchAt } = await setUp({ isAllowed: (address) => address !== '127.0.0.1' });
    await expect(fetchAt(`http://localhost:${other.port}/a.png`)).rejects.toThrow(NOT_ALLOWED);
    expect(other.requests).toEqual([]);
  });

  it('are fetched from other origins without credentials, and stay foreign on the way back', async () => {
    const { own, other, fetchAt } = await setUp({ ...anywhere, headers: KEY });
    expect(await fetchAt(`http://localhost:${other.port}/a.png`)).toEqual(PNG);
    other.answerWith(redirectTo(`${own.url}/c.png`));
    expect(await fetchAt(`${other.url}/b.png`)).toEqual(PNG);
    const requests = [...other.requests, ...own.requests];
    expect(requests.map(({ path }) => path)).toEqual(['/a.png', '/b.png', '/c.png']);
    for (const { headers } of requests) expect(headers).not.toHaveProperty('authorization');
  });

  it('are fetched through three redirects, not through four', async () => {
    const { own, fetchAt } = await setUp();
    own.answerWith((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end(PNG.bytes);
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    expect(await fetchAt('/3')).toEqual(PNG);
    await expect(fetchAt('/4')).rejects.toMatchObject({ message: NOT_ALLOWED, retryable: false });
    expect(own.requests.map(({ path }) => path)).toEqual(['/3', '/2', '/1', '/0', '/4', '/3', '/2', '/1']);
  });

  it('are bounded in size', async () => {
    const { http } = await setUp();
    const call = { signal, maxBytes: PNG.bytes.length };
    expect(await http.bytes('a.png', call)).toEqual(PNG.bytes);
    await expect(http.bytes('a.png', { ...call, maxBytes: PNG.bytes.length - 1 })).rejects.toMatchObject({
      message: 'The backend’s answer is too large.',
      retryable: false,
    });
  });

  it('are images, whatever their type is said to be', async () => {
    const { own, fetchAt } = await setUp();
    own.answerWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end('<svg xmlns="http://www.w3.org/2000/svg"/>');
    });
    await expect(fetchAt('/a.png')).rejects.toThrow('The backend’s result is no JPEG, PNG or WebP picture.');
  });
});

describe('calls to a backend', () => {
  it('do not follow redirects', async () => {
    const { own, other, http } = await setUp(anywhere);
    own.answerWith(redirectTo(`${other.url}/`));
    await expect(http.json('status', z.unknown(), { signal })).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    expect(other.requests).toEqual([]);
  });

  it('send no headers of the backend to another origin', async () => {
    const { other, http } = await setUp({ ...anywhere, headers: KEY });
    await http.bytes(`${other.url}/a`, { signal, headers: { 'x-key': 'secret' } });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-key');
  });
});

describe('the fetch that client packages are given', () => {
  async function setUpFetch(isAllowed?: () => boolean) {
    const [own, other] = [await startServer(), await startServer()];
    const network = createLongFetch({ base: new URL(own.url), isAllowed });
    onTestFinished(() => network.close());
    return { own, other, fetch: network.fetch };
  }

  it.each(PRIVATE_HOSTS)('does not reach another private address: %s', async (host) => {
    const { own, other, fetch } = await setUpFetch();
    expect((await fetch(`${own.url}/a`)).status).toBe(200);
    const thrown: unknown = await fetch(`http://${host}:${other.port}/a`).catch((error: unknown) => error);
    expect(isPrivateAddressError(thrown)).toBe(true);
    expect(other.requests).toEqual([]);
  });

  it('follows no redirect', async () => {
    const { own, other, fetch } = await setUpFetch(() => true);
    own.answerWith(redirectTo(`${other.url}/`));
    const answer = await fetch(`${own.url}/a`, { redirect: 'follow' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${other.url}/`]);
    expect(other.requests).toEqual([]);
  });

  it('goes from https to no less safe address', async () => {
    const { other } = await setUpFetch();
    const network = createLongFetch({ base: new URL('https://backend.example/'), isAllowed: () => true });
    onTestFinished(() => network.close());
    await expect(network.fetch(`${other.url}/a`)).rejects.toThrow(NOT_ALLOWED);
    expect(other.requests).toEqual([]);
  });

  it('bounds what comes from another origin, decompressed', async () => {
    const { other, fetch } = await setUpFetch(() => true);
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
    other.answerWith((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const answer = await fetch(`${other.url}/a`);
    await expect(answer.arrayBuffer()).rejects.toThrow('The backend’s answer is too large.');
  });
});
