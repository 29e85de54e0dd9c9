import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventually, eventuallyEqual } from '../../testing/eventually.ts';
import { ComfyuiSocket, type SocketListener } from './comfyui-socket.ts';

interface Accepted {
  readonly ws: WebSocket;
  readonly request: IncomingMessage;
  readonly messages: string[];
  pings: number;
}

/** A server of which only the WebSocket matters. */
async function serve({ pingMs = 40, ...options }: { autoPong?: boolean; pingMs?: number } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  const accepted: Accepted[] = [];
  let open = 0;
  let mostOpen = 0;
  server.on('connection', (ws, request) => {
    const messages: string[] = [];
    const connection: Accepted = { ws, request, messages, pings: 0 };
    accepted.push(connection);
    ws.on('ping', () => {
      connection.pings += 1;
    });
    mostOpen = Math.max(mostOpen, ++open);
    ws.on('close', () => {
      open -= 1;
    });
    ws.on('message', (raw) => messages.push(String(raw)));
    ws.send(JSON.stringify({ type: 'status', data: { sid: 'me', status: {} } }));
  });
  const { port } = server.address() as AddressInfo;
  const socket = new ComfyuiSocket({
    base: new URL(`http://127.0.0.1:${port}/sub`),
    authorization: 'Basic eA==',
    clientId: 'me',
    pingMs,
  });
  onTestFinished(async () => {
    await socket.close();
    for (const { ws } of accepted) ws.terminate();
    server.close();
  });
  return { socket, accepted, mostOpen: () => mostOpen };
}

const listener = (): SocketListener => ({
  isRunning: false,
  onMessage: () => {},
  onPreview: () => {},
  onQueue: () => {},
  onConnection: () => {},
});

const ready = (socket: ComfyuiSocket) => socket.ready(600_000, new AbortController().signal);

describe('comfyui socket', () => {
  it('sends feature flags first, credentials, and no Origin', async () => {
    const { socket, accepted } = await serve();
    socket.subscribe('p', listener());
    expect(await ready(socket)).toBe(true);
    await eventuallyEqual(
      () => accepted[0]?.messages,
      ['{"type":"feature_flags","data":{"supports_preview_metadata":true}}'],
    );
    expect(accepted[0]?.request.url).toBe('/sub/ws?clientId=me');
    expect(accepted[0]?.request.headers).not.toHaveProperty('origin');
    expect(accepted[0]?.request.headers.authorization).toBe('Basic eA==');
  });

  it('a connection that answers no pings is dead, and made again', async () => {
    const { socket, accepted } = await serve({ autoPong: false });
    socket.subscribe('p', listener());
    await eventually(() => accepted.length > 1);
    await eventuallyEqual(() => accepted[1]?.messages.length, 1);
  });

  it('a connection that answers pings stays', async () => {
    const { socket, accepted } = await serve();
    socket.subscribe('p', listener());
    // Two that stay unanswered would have ended it.
    await eventually(() => (accepted[0]?.pings ?? 0) > 4);
    expect(accepted).toHaveLength(1);
    expect(socket.connected).toBe(true);
  });

  it('the old connection is closed before there is a new one', async () => {
    const { socket, accepted, mostOpen } = await serve();
    const leave = socket.subscribe('p', listener());
    await ready(socket);
    leave();
    socket.subscribe('q', listener());
    expect(await ready(socket)).toBe(true);
    socket.renew();
    expect(socket.connected).toBe(false);
    await eventuallyEqual(() => socket.connected, true);
    expect(accepted).toHaveLength(3);
    expect(mostOpen()).toBe(1);
  });

  it('closes with the last listener', async () => {
    const { socket, accepted } = await serve();
    const leaves = ['p', 'q'].map((id) => socket.subscribe(id, listener()));
    await ready(socket);
    leaves[0]?.();
    expect(socket.connected).toBe(true);
    leaves[1]?.();
    await eventuallyEqual(() => accepted[0]?.ws.readyState, 3);
    expect(accepted).toHaveLength(1);
  });

  it('nobody there: said at once, tried on', async () => {
    const socket = new ComfyuiSocket({
      base: new URL('http://127.0.0.1:9'),
      authorization: undefined,
      clientId: 'me',
      pingMs: 1_000,
    });
    socket.subscribe('p', listener());
    expect(await ready(socket)).toBe(false);
    await socket.close();
  });

  it('gives up a connection whose frame comes in very many pieces', async () => {
    const { socket, accepted } = await serve({ pingMs: 600_000 });
    socket.subscribe('p', listener());
    await ready(socket);
    const [first] = accepted;
    if (first === undefined) throw new Error('there is no connection');
    const closed = once(first.ws, 'close');
    const raw = first.request.socket;
    raw.setNoDelay(true);
    // A binary frame of 1 MiB, byte by byte, each in a turn of its own.
    raw.write(Buffer.from('827f0000000000100000', 'hex'));
    let pieces = 0;
    for (; pieces < 60_000 && accepted.length === 1; pieces++) {
      raw.write('x');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pieces).toBeLessThan(60_000);
    await closed;
    await ready(socket);
    expect(socket.connections).toBeGreaterThan(1);
  });
});
