import type { IncomingMessage } from 'node:http';

/**
 * Whether a WebSocket handshake came over https: what `request.protocol` is for other requests, which Fastify does not
 * know of handshakes. By the connection, or by the last value of a trusted proxy's `X-Forwarded-Proto`.
 */
export function isSecureUpgrade({ headers, socket }: IncomingMessage, trustProxy: boolean): boolean {
  const forwarded = headers['x-forwarded-proto'];
  if (trustProxy && typeof forwarded === 'string') return forwarded.split(',').at(-1)?.trim() === 'https';
  return 'encrypted' in socket && socket.encrypted === true;
}
