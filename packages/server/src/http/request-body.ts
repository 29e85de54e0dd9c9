import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { LIMITS } from '@darkroom/protocol';
import type { HttpServer } from './http-context.ts';
import { RequestError } from './request-error.ts';

/** First buffer of a body whose length is unknown. */
const FIRST_BYTES = 4 * 1024;

/** The pieces of a body in one buffer. A list of pieces would cost some 400 bytes for each of them, and they may be bytes. */
class GrowingBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Bytes that are expected in all; undefined: unknown. */
  readonly #expected: number | undefined;

  constructor(expected: number | undefined) {
    this.#expected = expected;
  }

  get length(): number {
    return this.#length;
  }

  /** What was added so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(piece: Buffer): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) this.#grow(Math.max(needed, 2 * this.#bytes.length, FIRST_BYTES));
    piece.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  #grow(size: number): void {
    // The system gives memory to a large buffer only where it is written to.
    const grown = Buffer.allocUnsafeSlow(Math.max(size, this.#expected ?? 0));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Reads the body that follows these headers, at most `limit` bytes. `tooLarge`: what refuses a larger one, as early as possible. */
export function readBody(
  { 'content-length': length }: IncomingHttpHeaders,
  payload: Readable,
  { limit, tooLarge }: { readonly limit: number; readonly tooLarge: () => RequestError },
): Promise<Buffer> {
  const expected = length === undefined ? undefined : Number(length);
  if (expected !== undefined && expected > limit) return Promise.reject(tooLarge());
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const body = new GrowingBuffer(expected);
  const onData = (piece: Buffer) => {
    if (body.length + piece.length > limit) {
      payload.off('data', onData);
      reject(tooLarge());
    } else body.add(piece);
  };
  payload.on('data', onData);
  payload.once('end', () => resolve(body.bytes));
  payload.once('error', () => reject(new RequestError('INVALID_REQUEST', 'The body ended early.', 'body')));
  return promise;
}

/** JSON is the only body that requests have, those of uploads excepted. */
export function readJsonBodies(server: HttpServer): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', (request, payload, done) => {
    const limit = LIMITS.httpBodyBytes;
    const tooLarge = () => new RequestError('TOO_LARGE', `The body must be at most ${limit} bytes.`, 'body');
    readBody(request.headers, payload, { limit, tooLarge }).then(
      (bytes) => parse(request, bytes.toString(), done),
      done,
    );
  });
}
