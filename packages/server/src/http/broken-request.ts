import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ApiError, apiError, LIMITS } from '@darkroom/protocol';
import type { ConnectionCounts } from './connections/connection-counts.ts';
import { endSocket } from './connections/end-socket.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

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
  if (error.code === 'HPE_HEADER_OVERFLOW')
    endWithError(
      socket,
      431,
      apiError('TOO_LARGE', `The headers must be at most ${LIMITS.headerBytes} bytes.`, 'headers'),
    );
  else endWithError(socket, 400, apiError('INVALID_REQUEST', 'This is not a valid HTTP request.'));
}

/** Answers in plain bytes, with the body that every error has, and closes the connection. */
export function endWithError(socket: Duplex, status: number, error: ApiError): void {
  const body = JSON.stringify({ error });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  endSocket(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
}
