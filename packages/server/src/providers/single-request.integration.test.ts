import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFalClient } from '@fal-ai/client';
import Replicate from 'replicate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type ClientFetch, requestOnce } from './single-request.ts';
import { UpstreamHttp } from './upstream-http.ts';

const signal = new AbortController().signal;

describe.each([
  [
    'replicate',
    (base: string, fetch: ClientFetch) =>
      new Replicate({ auth: 'secret', baseUrl: base, fetch }).predictions.create({
        model: 'a/b',
        input: { prompt: 'x' },
      }),
  ],
  [
    'fal',
    (base: string, fetch: ClientFetch) =>
      createFalClient({
        credentials: 'secret',
        fetch,
        requestMiddleware: async (request) => ({ ...request, url: request.url.replace('https://queue.fal.run', base) }),
      }).queue.submit('a/b', { input: { prompt: 'x' } }),
  ],
])('requestOnce with the package of %s', (_, build) => {
  let server: Server;
  let http: UpstreamHttp;
  let answer: RequestListener;
  let received: { readonly authorization: string | undefined; readonly body: string }[];
  let base: string;

  beforeEach(async () => {
    received = [];
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ authorization: request.headers.authorization, body });
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    http = new UpstreamHttp({ base: new URL(base) });
  });
  afterEach(async () => {
    await http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const submit = () =>
    requestOnce(http, z.object({ id: z.string() }), { signal, submits: true }, (fetch) => build(base, fetch));

  it('sends what the package builds, and gives the answer', async () => {
    answer = (_request, response) => response.end('{"id":"work"}');
    expect(await submit()).toEqual({ id: 'work' });
    expect(received).toEqual([
      { authorization: expect.stringMatching(/ secret$/), body: expect.stringContaining('"prompt":"x"') },
    ]);
  });

  it.each([
    ['a broken connection', undefined, { code: 'NETWORK_DISCONNECTED', mayStillRun: true }],
    ['a throttled one', 429, { code: 'PROVIDER_RATE_LIMIT', mayStillRun: false }],
    ['a 503', 503, { code: 'SERVER_ERROR', mayStillRun: false }],
    ['nonsense', 200, { code: 'SERVER_ERROR', mayStillRun: true }],
  ])('never sends it again after %s', async (_what, status, error) => {
    answer = (request, response) =>
      status === undefined ? request.socket.resetAndDestroy() : response.writeHead(status).end('<html>');
    await expect(submit()).rejects.toMatchObject(error);
    expect(received).toHaveLength(1);
  });
});
