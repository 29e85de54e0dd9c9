import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionCounts } from './connection-counts.ts';
import type { HttpTimeouts } from './http-timeouts.ts';

/**
 * Closes connections whose client takes no byte of a response, which holds memory, and often a file. `unreadMs` must be the
 * server's `timeout`: Node emits `timeout` when neither side of a connection has moved for so long.
 */
export function closeUnread(
  server: Server,
  { unreadMs }: Pick<HttpTimeouts, 'unreadMs'>,
  counts: ConnectionCounts,
): void {
  server.on('timeout', (socket: Socket) => {
    // Between two requests Node sets the time for which connections are kept alive.
    const isBetweenRequests = socket.timeout !== unreadMs;
    const isUnread = socket.writableLength > 0;
    // Otherwise the server is at work, or the request is incomplete, which has time limits of its own.
    if (!isUnread && !isBetweenRequests) return;
    if (isUnread) counts.closed.unread++;
    socket.destroy();
  });
}
