import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RawFrame } from '../inputs/socket-messages.ts';
import { readFrames, type ServerFrame, writeFrame } from './frames.ts';
import { open, type Target } from './http-sender.ts';

/** What a socket's server said until it closed it, or answered the last ping. */
export interface SocketTalk {
  /** Texts of the server's messages. */
  readonly messages: readonly string[];
  /** Code of the server's close frame; undefined: it sent none. */
  readonly closeCode: number | undefined;
  readonly end: 'answered' | 'closed' | 'unanswered';
}

/** Only a server that hangs lets one wait so long (ms). */
const PATIENCE_MS = 60_000;
const PING = '{"type":"ping"}';
const TEXT_FRAME = 1;
const CLOSE_FRAME = 8;
const FINAL_PING: RawFrame = { opcode: 1, isFinal: true, reserved: 0, isMasked: true, payload: PING };

const handshake = ({ host, port }: Target) =>
  `GET /ws HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;

/** Opens a WebSocket, sends the frames and a last ping, and reads until that is answered or the server closes. */
export async function sendFrames(target: Target, frames: readonly RawFrame[]): Promise<SocketTalk> {
  const socket = open(target);
  try {
    return await talk(socket, target, frames);
  } finally {
    socket.resetAndDestroy();
  }
}

function talk(socket: Socket, target: Target, frames: readonly RawFrame[]): Promise<SocketTalk> {
  return new Promise((resolve) => {
    const listener = new TalkListener(frames);
    const settle = (end: SocketTalk['end']) => {
      clearTimeout(timer);
      resolve({ messages: listener.messages, closeCode: listener.closeCode, end });
    };
    const timer = setTimeout(() => settle('unanswered'), PATIENCE_MS);
    // After an error comes `close`.
    socket.on('error', () => {});
    socket.on('close', () => settle('closed'));
    socket.on('data', (chunk: Buffer) => {
      const wasOpen = listener.isOpen;
      listener.push(chunk);
      if (listener.isOpen && !wasOpen) for (const frame of [...frames, FINAL_PING]) socket.write(writeFrame(frame));
      if (listener.end !== undefined) settle(listener.end);
    });
    socket.write(handshake(target));
  });
}

const PONG = '{"type":"pong"';

/** What a socket's server says, from the answer to the handshake on. */
class TalkListener {
  readonly messages: string[] = [];
  closeCode: number | undefined;
  /** The handshake was answered. */
  isOpen = false;
  end: 'answered' | 'closed' | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #pings: number;

  constructor(frames: readonly RawFrame[]) {
    this.#pings = 1 + frames.filter(({ opcode, payload }) => opcode === 1 && payload === PING).length;
  }

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.isOpen) this.#readHandshake();
    if (!this.isOpen) return;
    const { frames, rest } = readFrames(this.#bytes);
    this.#bytes = rest;
    for (const frame of frames) this.#read(frame);
  }

  #readHandshake(): void {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#bytes.subarray(0, end).toString('latin1');
    if (!head.startsWith('HTTP/1.1 101 ')) this.messages.push(this.#bytes.toString('latin1'));
    this.#bytes = this.#bytes.subarray(end + 4);
    this.isOpen = true;
  }

  #read({ opcode, payload }: ServerFrame): void {
    if (opcode === CLOSE_FRAME) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
      this.end = 'closed';
    }
    if (opcode !== TEXT_FRAME) return;
    const message = payload.toString();
    this.messages.push(message);
    // Every valid ping has its pong, the last one too.
    if (message.startsWith(PONG) && --this.#pings === 0) this.end ??= 'answered';
  }
}
