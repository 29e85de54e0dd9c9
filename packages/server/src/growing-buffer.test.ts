import { describe, expect, it } from 'vitest';
import { GrowingBuffer } from './growing-buffer.ts';

/** So many pieces of one byte. */
const bytes = (count: number) => Array.from({ length: count }, (_none, index) => Buffer.from([index % 251]));

function fill(pieces: readonly Buffer[], expected?: number): GrowingBuffer {
  const buffer = new GrowingBuffer(expected);
  for (const piece of pieces) buffer.add(piece);
  return buffer;
}

describe('GrowingBuffer', () => {
  it.each([0, 1, 4_096, 4_097, 20_000])('joins %d bytes that are added one by one', (count) => {
    const whole = Buffer.concat(bytes(count));
    for (const expected of [undefined, count, count + 1, 1]) {
      const buffer = fill(bytes(count), expected);
      expect(buffer).toHaveLength(count);
      expect(buffer.bytes.equals(whole)).toBe(true);
      expect(buffer.release().equals(whole)).toBe(true);
    }
  });

  it('releases its bytes without memory for more, and is empty afterwards', () => {
    const buffer = fill(bytes(5_000));
    expect(buffer.release().buffer.byteLength).toBe(5_000);
    expect(buffer).toHaveLength(0);
    expect(buffer.release()).toHaveLength(0);
    buffer.add(Buffer.from('more'));
    expect(buffer.release().toString()).toBe('more');
  });
});
