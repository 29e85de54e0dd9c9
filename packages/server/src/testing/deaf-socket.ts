import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const TEXT = 0x1;
const PING = 0x9;

/** A WebSocket client that sends, and never reads a byte. */
export interface DeafSocket {
  /** As JSON. */
  send(message: unknown): void;
  /** A ping of the WebSocket protocol with the largest payload. */
  ping(): void;
  /** What was sent is in the hands of the system. */
  readonly isFlushed: boolean;
}

/** A final frame, masked with zeros. `payload`: fewer than 65,536 bytes. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

const pingFrame = clientFrame(PING, Buffer.alloc(125, 'p'));

/** Connects to `/ws` of a server; the handshake's answer is not read either. */
export async function openDeafSocket(url: string): Promise<DeafSocket> {
  const { hostname, port, host } = new URL(url);
  const socket = new Socket();
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.on('error', () => {
    // The server cuts it in the end.
  });
  socket.connect(Number(port), hostname);
  await once(socket, 'connect');
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  return {
    send: (message) => void socket.write(clientFrame(TEXT, Buffer.from(JSON.stringify(message)))),
    ping: () => void socket.write(pingFrame),
    get isFlushed() {
      return socket.writableLength === 0;
    },
  };
}
