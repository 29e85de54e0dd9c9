import type { Duplex } from 'node:stream';

/** Time for the client to take the last bytes and to close its side, in milliseconds. */
const CLOSE_GRACE_MS = 2_000;

/** Sends last words on a connection that Node's HTTP server no longer watches, and closes it, whatever the client does. */
export function endSocket(socket: Duplex, text: string): void {
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
