import fc, { type Arbitrary } from 'fast-check';
import type { ApiOperation } from './api-operations.ts';
import { hostileTexts, hostileValues, spoil } from './hostile-values.ts';
import { idFor, idsFor, type KnownIds } from './known-ids.ts';
import { writeJson } from './raw-json.ts';
import { valuesOf } from './schema-values.ts';
import { uploadBodies } from './upload-bodies.ts';

/** A request as its bytes go over the wire. All texts are Latin-1: one character is one byte. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  /** How the body's length is said; `short` and `long` are lies, `both` is what request smugglers send. */
  readonly framing: 'length' | 'chunked' | 'short' | 'long' | 'both' | 'none';
  /** What is sent behind it, before it is answered; default: nothing. */
  readonly followedBy?: 'request' | 'handshake' | undefined;
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Percent-encoded the way a client does, too much, not at all, or twice. */
const encoded = (text: string): Arbitrary<string> => {
  const bytes = utf8(text);
  const all = [...bytes].map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  const once = /^[\w.~-]*$/.test(bytes) ? bytes : all;
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(once) },
    { weight: 1, arbitrary: fc.constantFrom(all, all.replaceAll('%', '%25'), bytes.replace(/[\r\n ]/g, '')) },
  );
};

const randomIds = fc.stringMatching(/^[\w-]{22}$/);

/** What takes a parameter's place in a path: mostly something that is there, or might be. */
function pathValues({ path }: ApiOperation, name: string, known: KnownIds): Arbitrary<string> {
  const hostile = hostileTexts.chain(encoded);
  if (idsFor(known, path, name) === undefined) return fc.oneof(randomIds, hostile);
  return fc.oneof(
    { weight: 4, arbitrary: fc.nat().map((index) => idFor(known, path, name, index)) },
    { weight: 1, arbitrary: randomIds },
    { weight: 3, arbitrary: hostile },
  );
}

/** Target of an operation, with its parameters in their places. */
function targets(operation: ApiOperation, known: KnownIds): Arbitrary<string> {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const path = fc
    .tuple(...names.map((name) => pathValues(operation, name, known)))
    .map((values) =>
      names.reduce((text, name, index) => text.replace(`{${name}}`, () => values[index] ?? ''), operation.path),
    );
  const query = fc
    .tuple(
      ...operation.parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name, schema }) =>
          fc.option(
            fc
              .oneof({ weight: 2, arbitrary: valuesOf(schema).map(String) }, { weight: 1, arbitrary: hostileTexts })
              .chain(encoded)
              .map((value) => `${name}=${value}`),
          ),
        ),
    )
    .map((parts) => parts.filter((part) => part !== null).join('&'));
  return fc.tuple(path, query).map(([where, asked]) => (asked === '' ? where : `${where}?${asked}`));
}

const ODD_TARGETS = [
  '*',
  '//',
  '/.',
  '/..',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/api/%67enerate?prompt=x',
  '//api/generate?prompt=x',
  '/api/generate/?prompt=x',
  '/API/JOBS',
  '/api/jobs;a=b',
  '/api//jobs',
  '/api/jobs?__proto__[a]=b&constructor=c',
  '/api/jobs?limit=1&limit=2&limit=3',
  '/api/jobs?limit[]=1',
  '/api/jobs?%ff=%fe',
  '/api/jobs/%',
  '/api/jobs/%00',
  '/\x80\xff',
  '/?',
  '/#fragment',
  'http://evil.test/api/jobs',
  'https://user:pass@evil.test:99999/api/jobs',
  'example.com:80',
  `/${'a'.repeat(5_000)}`,
  `/api/jobs?cursor=${'a'.repeat(9_000)}`,
];

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Host: ['', 'x', '127.0.0.1', 'evil.test', 'a b', '[::1', '[::1]:99999', 'localhost:', '\xff', 'localhost, evil.test'],
  'Content-Type': [
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json; charset=utf-16',
    'application/JSON;',
    '/',
    'image/png',
    'image/svg+xml',
  ],
  'Content-Encoding': ['gzip', 'br', 'deflate, gzip', 'zstd', 'x'],
  Cookie: [
    '',
    '=',
    ';;;',
    'darkroom_id',
    'darkroom_id=',
    `darkroom_id=${'a'.repeat(22)}.${'b'.repeat(43)}`,
    'darkroom_id=%00',
    'a=b; '.repeat(300),
  ],
  'Idempotency-Key': ['', ' ', '\xff\xfe', 'user: k', 'a'.repeat(129), '__proto__', 'same'],
  'Last-Event-ID': ['-1', '1e9', '9'.repeat(30), 'x', ''],
  'If-None-Match': ['*', 'W/"x"', '"', '"a", "b"', ','],
  Range: ['bytes=0-', 'bytes=-1', 'bytes=9-1', 'bytes=0-0,2-3', 'lines=1-2', `bytes=${'0-0,'.repeat(500)}`],
  Origin: ['null', 'http://evil.test', 'http://[', '\x7f', 'file://'],
  Referer: ['http://evil.test/', '//', 'a'.repeat(4_000)],
  'Sec-Fetch-Site': ['cross-site', 'same-site', 'none', 'x'],
  'X-Forwarded-For': ['1.2.3.4', 'unknown', '::1, 127.0.0.1', ','.repeat(500), '[::ffff:1.2.3.4]:80'],
  'X-Forwarded-Proto': ['https', 'https, http', 'javascript'],
  'X-Forwarded-Host': ['evil.test', 'a,b'],
  'Accept-Language': ['tr', '*;q=x', 'a'.repeat(3_000), 'en;q=1e9', '-'],
  Accept: ['', '*/*', 'text/event-stream', 'image/webp,*/*;q=0.8', 'x/y/z', ';q'],
  'Accept-Encoding': ['gzip', 'br;q=0', 'identity;q=0, *;q=0'],
  Expect: ['100-continue', '200-ok'],
  Connection: ['close', 'upgrade', 'keep-alive, x', 'Transfer-Encoding'],
  Upgrade: ['websocket', 'h2c', 'WebSocket, h2c', ''],
  'Sec-WebSocket-Key': ['', 'x', 'dGhlIHNhbXBsZSBub25jZQ=='],
  'Sec-WebSocket-Version': ['13', '8', 'x'],
  'Sec-WebSocket-Extensions': ['permessage-deflate', 'permessage-deflate; server_max_window_bits=99', ';'],
  'X-HTTP-Method-Override': ['DELETE'],
  'User-Agent': ['', 'Mozilla/5.0', '\x01'],
  'X-Long': ['x'.repeat(20_000)],
  'Bad Name': ['x'],
  'X-Folded': ['a\r\n b'],
  'X-Bare': ['a\rb', 'a\nb', 'a\x00b'],
};

const hostileHeaders: Arbitrary<readonly [string, string]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...Object.keys(HEADERS))
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(HEADERS[name] ?? [''])))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('Idempotency-Key', 'Cookie', 'Host', 'Content-Type', 'Last-Event-ID', 'Remote-User', 'Origin'),
      hostileTexts.map((text) => utf8(text).replace(/[\r\n]/g, '')),
    ),
  },
);

/** A body for the operation, as bytes, and the type it is sent with. */
function bodies(operation: ApiOperation): Arbitrary<readonly [type: string, bytes: string] | null> {
  if (operation.path === '/api/uploads' && operation.method === 'POST') return uploadBodies;
  if (operation.body === undefined) return fc.constant(null);
  const valid = valuesOf(operation.body);
  return fc
    .oneof(
      { weight: 1, arbitrary: valid },
      { weight: 3, arbitrary: valid.chain(spoil) },
      { weight: 1, arbitrary: hostileValues },
    )
    .map((value) => ['application/json', writeJson(value)]);
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'X'];

/** How a request is made of an operation's parts. `own`: the headers of a client that has an identity here. */
function requestsFor(operation: ApiOperation, known: KnownIds, own: RawRequest['headers']): Arbitrary<RawRequest> {
  return fc
    .record({
      method: fc.oneof(
        { weight: 12, arbitrary: fc.constant(operation.method) },
        { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
      ),
      target: fc.oneof(
        { weight: 20, arbitrary: targets(operation, known) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_TARGETS) },
      ),
      body: bodies(operation),
      isKnown: fc.boolean(),
      extra: fc.oneof(
        { weight: 3, arbitrary: fc.constant<readonly (readonly [string, string])[]>([]) },
        { weight: 2, arbitrary: fc.array(hostileHeaders, { maxLength: 4 }) },
      ),
      framing: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom<RawRequest['framing']>('length', 'chunked') },
        { weight: 1, arbitrary: fc.constantFrom<RawRequest['framing']>('short', 'long', 'both', 'none') },
      ),
      followedBy: fc.oneof(
        { weight: 30, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom<RawRequest['followedBy']>('request', 'handshake') },
      ),
    })
    .map(({ method, target, body, isKnown, extra, framing, followedBy }) => ({
      method,
      target,
      headers: [...(isKnown ? own : []), ...(body === null ? [] : [['Content-Type', body[0]] as const]), ...extra],
      body: body?.[1],
      framing: body === null && framing !== 'both' ? 'none' : framing,
      followedBy,
    }));
}

/** Requests to every operation, most of them wrong in one place. */
export function httpRequests(
  operations: readonly ApiOperation[],
  known: KnownIds,
  own: RawRequest['headers'],
): Arbitrary<RawRequest> {
  return fc.oneof(...operations.map((operation) => requestsFor(operation, known, own)));
}

/** The yardstick: as many requests to the same operations, in which nothing is wrong. */
export function orderlyRequests(
  operations: readonly ApiOperation[],
  known: KnownIds,
  own: RawRequest['headers'],
): Arbitrary<RawRequest> {
  const requests = operations
    .filter(({ method }) => method !== 'DELETE')
    .map(({ method, path, body }) => {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const bytes = body === undefined ? fc.constant(undefined) : valuesOf(body).map(writeJson);
      const query = path === '/api/generate' ? '?prompt=boat&steps=5' : '';
      return bytes.map((json): RawRequest => {
        const target = names.reduce((text, name) => text.replace(`{${name}}`, idFor(known, path, name, 0)), path);
        const headers = json === undefined ? own : [...own, ['Content-Type', 'application/json'] as const];
        return { method, target: target + query, headers, body: json, framing: json === undefined ? 'none' : 'length' };
      });
    });
  return fc.oneof(...requests);
}
