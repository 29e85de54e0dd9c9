import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { BodyPace } from './body-pace.ts';
import { DEFAULT_HTTP_TIMEOUTS } from './http-timeouts.ts';

const { body: LIMITS_OF_BODIES, checkMs, requestMs } = DEFAULT_HTTP_TIMEOUTS;

/** Milliseconds until a body that arrives like this is too slow; undefined: it arrives whole. `at`: bytes after so many ms. */
function slowAfter(size: number, at: (ms: number) => number): number | undefined {
  const pace = new BodyPace(LIMITS_OF_BODIES);
  for (let ms = checkMs; at(ms) < size; ms += checkMs) if (pace.observe(at(ms), checkMs)) return ms;
  return undefined;
}

const perSecond = (bytes: number) => (ms: number) => Math.floor((ms * bytes) / 1_000);

describe('BodyPace', () => {
  it.each([
    ['the largest upload from a phone at 50 KiB/s', LIMITS.uploadBytes, perSecond(50 * 1024)],
    ['JSON at 10 KiB/s', LIMITS.httpBodyBytes, perSecond(10 * 1024)],
    ['a small body that comes after 15 s', 1_000, (ms: number) => (ms < 15_000 ? 1 : 1_000)],
    ['a body whose first packet was lost twice', 30_000, (ms: number) => (ms <= 15_000 ? 0 : 30_000)],
    [
      'a connection that breaks off for 15 s',
      5_000_000,
      (ms: number) => perSecond(50 * 1024)(ms < 40_000 ? Math.min(ms, 25_000) : ms - 15_000),
    ],
  ])('accepts %s', (_what, size, at) => {
    expect(slowAfter(size, at)).toBeUndefined();
  });

  it('gives the largest upload time to arrive at 25 KiB/s', () => {
    expect(LIMITS.uploadBytes / (25 * 1024)).toBeLessThan(requestMs / 1_000);
  });

  it.each([
    ['nothing', () => 0, 20_000],
    ['one byte every ten seconds', (ms: number) => Math.floor(ms / 10_000), 15_000],
    ['1 KiB/s', perSecond(1024), 15_000],
    ['7 KiB/s, for long', perSecond(7 * 1024), 85_000],
    ['a good start, and then nothing', () => 1_000_000, 25_000],
  ])('refuses %s', (_what, at, after) => {
    expect(slowAfter(LIMITS.uploadBytes, at)).toBe(after);
  });
});
