import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { LIMITS } from '@darkroom/protocol';
import { GrowingBuffer } from '../growing-buffer.ts';
import type { HttpServer } from './http-context.ts';
import { RequestError } from './request-error.ts';

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
