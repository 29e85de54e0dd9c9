import type { Socket } from 'node:net';
import { apiError, LIMITS } from '@darkroom/protocol';
import type { ConnectionCounts } from './connections/connection-counts.ts';
import { endSocket } from './connections/end-socket.ts';

const LOST = 'ECONNRESET';
/**
 * Too slow, or here all the while: a process that was stopped looks at the clock before it reads. Nothing is wrong with such
 * a request, and the client may send it again.
 */
const LATE = 'ERR_HTTP_REQUEST_TIMEOUT';

/** What is not even HTTP is refused in plain bytes: there is no request to reply to. */
export function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket, counts: ConnectionCounts): void {
  if (error.code === LATE) counts.closed['slow-request']++;
  if (error.code === LOST || error.code === LATE || !socket.writable) {
    socket.destroy();
    return;
  }
  counts.closed.malformed++;
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const body = JSON.stringify({
    error: tooLarge
      ? apiError('TOO_LARGE', `The headers must be at most ${LIMITS.headerBytes} bytes.`, 'headers')
      : apiError('INVALID_REQUEST', 'This is not a valid HTTP request.'),
  });
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
  endSocket(
    socket,
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
