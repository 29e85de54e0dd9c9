import type { Target } from '../live-server.ts';

export type LiveTransport = 'ws' | 'sse';

/** A client's WebSocket text frame; masked with zeros, which leaves the text as it is. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]);
}

/** All that a reader ever says first: the request, and on a WebSocket the subscription right behind it. */
export function openingBytes(transport: LiveTransport, { jobId, head, readyText }: Target): Buffer {
  if (transport === 'sse') {
    return Buffer.from(
      `GET /api/jobs/${jobId}/events?after=${head} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`,
    );
  }
  const upgrade =
    'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
  const subscribes = readyText !== '\r\n\r\n';
  const subscribe = clientFrame(JSON.stringify({ type: 'subscribe', jobId, afterSeq: head }));
  return subscribes ? Buffer.concat([Buffer.from(upgrade), subscribe]) : Buffer.from(upgrade);
}
