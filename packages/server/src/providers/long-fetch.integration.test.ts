import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { createLongFetch, type LongFetchOptions } from './long-fetch.ts';

const COUNT = 40_000;
const PIECE_BYTES = 16 * 1024;
const EVENTS = 'text/event-stream; charset=utf-8';
const ONE_BYTE = '1\r\nx\r\n';
const END = '0\r\n\r\n';

/** A backend that answers each request with these chunks, and then with what the test writes. */
async function setUp(
  { type, status = 200, chunks }: { type: string; status?: number; chunks: string },
  options?: Partial<LongFetchOptions>,
) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(`HTTP/1.1 ${status} Status\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const base = new URL(`http://127.0.0.1:${address.port}`);
  const network = createLongFetch({ base, ...options });
  onTestFinished(async () => {
    await network.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { sockets, fetch: (method = 'POST') => network.fetch(base, { method }) };
}

async function readSizes({ body }: Response): Promise<number[]> {
  if (body === null) throw new Error('there is no body');
  const sizes: number[] = [];
  for await (const { length } of body) sizes.push(length);
  return sizes;
}

describe('bodies of the fetch that client packages are given', () => {
  const chunks = ONE_BYTE.repeat(COUNT) + END;
  const joined = [PIECE_BYTES, PIECE_BYTES, COUNT - 2 * PIECE_BYTES];

  it.each([
    ['JSON', 'POST', { type: 'application/json', chunks }, { readsEvents: true }],
    ['events that are not read one by one', 'POST', { type: EVENTS, chunks }, {}],
    ['events that answer GET', 'GET', { type: EVENTS, chunks }, { readsEvents: true }],
    ['a refusal that claims to be events', 'POST', { type: EVENTS, status: 500, chunks }, { readsEvents: true }],
  ])('are joined from chunks of one byte: %s', async (_what, method, answer, options) => {
    const { fetch } = await setUp(answer, options);
    expect(await readSizes(await fetch(method))).toEqual(joined);
  });

  it('are whole', async () => {
    const { fetch } = await setUp({ type: 'application/json', chunks });
    expect(await (await fetch()).text()).toBe('x'.repeat(COUNT));
  });

  it('pass on each event at once where the caller reads events', async () => {
    const { sockets, fetch } = await setUp({ type: EVENTS, chunks: '9\r\ndata: 1\n\n\r\n' }, { readsEvents: true });
    const { body } = await fetch();
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: 'data: 1\n\n' });
    await eventually(() => sockets.length === 1);
    sockets[0]?.write(`9\r\ndata: 2\n\n\r\n${END}`);
    expect(await reader?.read()).toEqual({ done: false, value: 'data: 2\n\n' });
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
  });

  it.each(['\n', '\r'])('fail where events have more lines than any service sends: %j', async (lineBreak) => {
    const lines = (count: number) => `${count.toString(16)}\r\n${lineBreak.repeat(count)}\r\n${END}`;
    const few = await setUp({ type: EVENTS, chunks: lines(100_000) }, { readsEvents: true });
    expect(await (await few.fetch()).text()).toHaveLength(100_000);
    const many = await setUp({ type: EVENTS, chunks: lines(100_001) }, { readsEvents: true });
    await expect((await many.fetch()).text()).rejects.toThrow('The backend’s answer is too large.');
  });
});
