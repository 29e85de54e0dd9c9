import { once } from 'node:events';
import { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP connection to a server, over which a test sends what it likes. */
export interface RawConnection {
  /** Everything that came back. */
  readonly text: string;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
  write(text: string | Buffer): void;
  /** Sends no more, and goes on reading. */
  endWriting(): void;
  /** Cuts the connection. */
  cut(): void;
  /** Reads nothing more until `resume`. */
  pause(): void;
  resume(): void;
}

export interface RawOptions {
  /** Reads nothing, from the beginning. Default: false. */
  readonly isDeaf?: boolean;
  /** Keeps its side open when the server has closed its own. Default: false. */
  readonly allowHalfOpen?: boolean;
}

/** Connects to a server. The connection ends with the test at the latest. */
export async function openRaw(url: string, { isDeaf = false, allowHalfOpen = false }: RawOptions = {}) {
  const { hostname, port } = new URL(url);
  const socket = new Socket({ allowHalfOpen });
  onTestFinished(() => void socket.destroy());
  let text = '';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {
    // Reset: `close` follows.
  });
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  if (isDeaf) socket.pause();
  socket.connect(Number(port), hostname);
  await once(socket, 'connect');
  const connection: RawConnection = {
    get text() {
      return text;
    },
    closed,
    write: (bytes) => void socket.write(bytes),
    endWriting: () => void socket.end(),
    cut: () => void socket.destroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
  return connection;
}

/** A request's head, its last empty line included. */
export const requestHead = (url: string, line: string, headers: Readonly<Record<string, string>> = {}) =>
  [
    `${line} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    ...Object.entries(headers).map((pair) => pair.join(': ')),
    '',
    '',
  ].join('\r\n');
