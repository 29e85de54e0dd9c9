import { describe, expect, it } from 'vitest';
import { readBounded } from './upstream-http.ts';

const COUNT = 20_000;

/** Bytes one by one, always in the same piece of memory: a list of pieces would hold the last one many times. */
async function* inOnePiece(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(1);
  for (const byte of bytes) {
    piece[0] = byte;
    yield piece;
  }
}

describe('readBounded', () => {
  const bytes = Buffer.from(Array.from({ length: COUNT }, (_none, index) => index % 251));

  it('copies each piece as it comes, and keeps no memory for more', async () => {
    const read = await readBounded(inOnePiece(bytes), COUNT);
    expect(bytes.equals(read)).toBe(true);
    expect(read.buffer.byteLength).toBe(COUNT);
  });

  it('refuses more bytes than the limit', async () => {
    await expect(readBounded(inOnePiece(bytes), COUNT - 1)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      message: 'The backend’s answer is too large.',
    });
  });
});
