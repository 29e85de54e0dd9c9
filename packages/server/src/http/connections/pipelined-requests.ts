import type { Socket } from 'node:net';
import type { HttpServer } from '../http-context.ts';
import type { ConnectionCounts } from './connection-counts.ts';

/** Requests of one connection that may wait for the response before theirs. No browser sends any. */
const MAX_WAITING = 16;

/**
 * Handles the requests of a connection one after the other. Node starts all that it reads at once and keeps their responses
 * in memory, hundreds of them, while the client has not taken the first one.
 */
export function serializePipelined(server: HttpServer, counts: ConnectionCounts): void {
  const waiting = new WeakMap<Socket, number>();
  server.addHook('onRequest', ({ raw: { socket } }, { raw: response }, done) => {
    if (response.socket !== null) return done();
    // Only the request whose turn it is has the connection. The others of a closed one are dropped.
    if (socket.destroyed) return;
    const count = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, count);
    if (count > MAX_WAITING) {
      counts.closed.pipelined++;
      socket.destroy();
      return;
    }
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      done();
    });
  });
}
