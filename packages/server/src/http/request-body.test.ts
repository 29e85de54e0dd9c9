import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from './request-body.ts';
import { RequestError } from './request-error.ts';

const limit = 100_000;
const tooLarge = () => new RequestError('TOO_LARGE');

/** Reads a body that arrives in these pieces. */
const read = (pieces: readonly Buffer[], length?: number) =>
  readBody(length === undefined ? {} : { 'content-length': String(length) }, Readable.from(pieces), {
    limit,
    tooLarge,
  });

/** So many pieces of one byte. */
const bytes = (count: number) => Array.from({ length: count }, (_none, index) => Buffer.from([index % 251]));

describe('readBody', () => {
  it.each([0, 1, 4_096, 4_097, 20_000])('reads %d bytes that come one by one', async (count) => {
    const whole = Buffer.concat(bytes(count));
    expect((await read(bytes(count))).equals(whole)).toBe(true);
    expect((await read(bytes(count), count)).equals(whole)).toBe(true);
  });

  it('reads as much as the limit, and no more', async () => {
    const piece = Buffer.alloc(limit / 4, 'x');
    expect(await read([piece, piece, piece, piece])).toHaveLength(limit);
    await expect(read([piece, piece, piece, piece, Buffer.from('x')])).rejects.toThrow(tooLarge());
  });

  it('refuses what is declared too large before it is read', async () => {
    const stream = Readable.from([]);
    await expect(readBody({ 'content-length': String(limit + 1) }, stream, { limit, tooLarge })).rejects.toThrow(
      tooLarge(),
    );
    expect(stream.readableFlowing).toBeNull();
  });

  it('refuses what ends early', async () => {
    const stream = new Readable({ read() {} });
    const reading = readBody({}, stream, { limit, tooLarge });
    stream.destroy(new Error('aborted'));
    await expect(reading).rejects.toMatchObject({ error: { code: 'INVALID_REQUEST', field: 'body' } });
  });
});
