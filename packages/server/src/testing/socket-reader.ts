import type { IncomingMessage } from 'node:http';
import { type ProgressEvent, ServerMessage } from '@darkroom/protocol';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Inbox } from './inbox.ts';

type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** A WebSocket client for tests. Every message it gets is checked against the protocol. */
export interface SocketReader {
  readonly inbox: Inbox<ServerMessage>;
  /** Strings and buffers go as they are, anything else as JSON. */
  send(message: unknown): void;
  next<Type extends ServerMessage['type']>(type: Type, jobId?: string): Promise<MessageOf<Type>>;
  /** Every event so far, of `event` and `events` messages. */
  readonly events: readonly ProgressEvent[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** The cookies that came with the handshake. */
  readonly setCookie: readonly string[];
  /** Cuts the connection without a word. */
  cut(): void;
  readonly ws: WebSocket;
}

const isOf =
  <Type extends ServerMessage['type']>(type: Type, jobId: string | undefined) =>
  (message: ServerMessage): message is MessageOf<Type> =>
    message.type === type &&
    (jobId === undefined ||
      ('jobId' in message && message.jobId === jobId) ||
      (message.type === 'event' && message.event.jobId === jobId));

export const socketUrl = (url: string) => `${url.replace('http', 'ws')}/ws`;

/** Opens `/ws` of a server; resolves before its first message. */
export async function openSocket(url: string, headers: Record<string, string> = {}): Promise<SocketReader> {
  const ws = new WebSocket(socketUrl(url), { headers });
  const inbox = new Inbox<ServerMessage>();
  ws.on('message', (data) => inbox.push(ServerMessage.parse(JSON.parse(data.toString()))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => {
      inbox.end(`the socket was closed with ${code}`);
      resolve({ code, reason: reason.toString() });
    });
  });
  onTestFinished(() => ws.terminate());
  const setCookie: string[] = [];
  ws.on('upgrade', (response) => setCookie.push(...(response.headers['set-cookie'] ?? [])));
  await new Promise<void>((resolve, reject) => {
    ws.on('open', resolve);
    ws.on('error', reject);
  });
  return {
    ws,
    inbox,
    closed,
    setCookie,
    send: (message) =>
      ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    async next(type, jobId) {
      const is = isOf(type, jobId);
      const message = await inbox.next(is);
      if (!is(message)) throw new Error(`not ${type}`);
      return message;
    },
    get events() {
      return inbox.all.flatMap((message) =>
        message.type === 'event' ? [message.event] : message.type === 'events' ? message.events : [],
      );
    },
    cut: () => ws.terminate(),
  };
}

/** The answer to an upgrade that is refused. */
export function refusedUpgrade(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const ws = new WebSocket(url, { headers });
  return new Promise((resolve, reject) => {
    ws.on('unexpected-response', (_request, response) => resolve(response));
    ws.on('open', () => reject(new Error('the upgrade was not refused')));
    ws.on('error', reject);
  });
}
