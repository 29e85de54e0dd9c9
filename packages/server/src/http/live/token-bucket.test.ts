import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const takeAll = (bucket: TokenBucket, now: number) => {
  let taken = 0;
  while (bucket.take(now)) taken++;
  return taken;
};

describe('TokenBucket', () => {
  it('[W5] gives a burst, and then so many a second', () => {
    const bucket = new TokenBucket(2, 10, 0);
    expect([takeAll(bucket, 0), takeAll(bucket, 499), takeAll(bucket, 500), takeAll(bucket, 2_500)]).toEqual([
      10, 0, 1, 4,
    ]);
    expect(takeAll(bucket, 1_000_000)).toBe(10);
  });

  it('says how long the next one takes, and keeps its word', () => {
    const bucket = new TokenBucket(2, 10, 0);
    expect(bucket.waitMs(0)).toBe(0);
    takeAll(bucket, 0);
    expect(bucket.waitMs(100)).toBe(400);
    expect(bucket.waitMs(500)).toBe(0);
    expect([bucket.take(500), bucket.take(500)]).toEqual([true, false]);
  });

  it('loses nothing, and gains nothing, when the machine’s clock is set back', () => {
    const bucket = new TokenBucket(2, 10, 1_000_000);
    for (let count = 0; count < 5; count++) bucket.take(1_000_000);
    expect(takeAll(bucket, 0)).toBe(5);
    expect(takeAll(bucket, 500)).toBe(1);
  });
});
