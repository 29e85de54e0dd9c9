import type { RawRequest } from '../inputs/http-requests.ts';

/** What the request says of its body's length, and the body, by the framing. */
function frame({ body = '', framing }: RawRequest): { readonly headers: readonly string[]; readonly bytes: string } {
  const length = (count: number) => `Content-Length: ${Math.max(0, count)}`;
  const chunks = `${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`;
  switch (framing) {
    case 'none':
      return { headers: [], bytes: '' };
    case 'length':
      return { headers: [length(body.length)], bytes: body };
    case 'chunked':
      return { headers: ['Transfer-Encoding: chunked'], bytes: chunks };
    case 'short':
      return { headers: [length(body.length - 3)], bytes: body };
    case 'long':
      return { headers: [length(body.length + 7)], bytes: body };
    case 'both':
      return { headers: [length(3), 'Transfer-Encoding: chunked'], bytes: chunks };
  }
}

const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** The bytes of what is sent behind a request. */
function follower({ followedBy }: RawRequest, host: string): string {
  if (followedBy === undefined) return '';
  const lines = followedBy === 'handshake' ? ['GET /ws HTTP/1.1', ...HANDSHAKE] : ['GET /api/providers HTTP/1.1'];
  return `${[...lines, `Host: ${host}`].join('\r\n')}\r\n\r\n`;
}

/** The request's bytes, and those of what follows it. `host` is named where the request names none. */
export function writeRequest(request: RawRequest, host: string): Buffer {
  const { method, target, headers } = request;
  const { headers: lengths, bytes } = frame(request);
  const isNamed = headers.some(([name]) => name === 'Host');
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(isNamed ? [] : [`Host: ${host}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...lengths,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${bytes}${follower(request, host)}`, 'latin1');
}

/** Headers after which an answer may be long in coming, or the connection is another one's business. */
const ODD_HEADERS = new Set(['Expect', 'Upgrade', 'Connection', 'Content-Encoding', 'X-Folded', 'X-Bare', 'Bad Name']);

/** Whether a server has to answer at once, and the connection can be used again then. */
export function isPlain({ target, headers, framing, method, followedBy }: RawRequest): boolean {
  const isFramed = framing === 'length' || framing === 'chunked' || framing === 'none';
  return (
    isFramed &&
    followedBy === undefined &&
    method !== 'CONNECT' &&
    !target.includes('wait=') &&
    !headers.some(([name]) => ODD_HEADERS.has(name))
  );
}
