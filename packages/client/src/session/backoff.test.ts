import { describe, expect, test } from 'vitest';
import { askedMs, backoffMs } from './backoff.ts';

describe('backoffMs', () => {
  test.each([
    { attempt: 1, random: 0, expected: 200 },
    { attempt: 1, random: 0.5, expected: 450 },
    { attempt: 1, random: 0.999, expected: 699 },
    { attempt: 2, random: 0.5, expected: 700 },
    { attempt: 3, random: 0.5, expected: 1_200 },
    { attempt: 6, random: 0.5, expected: 8_200 },
    { attempt: 7, random: 0.5, expected: 15_200 },
    { attempt: 1_000, random: 0.5, expected: 15_200 },
    { attempt: 5_000, random: 0, expected: 200 },
  ])('[C5] attempt $attempt with random $random waits $expected ms', ({ attempt, random, expected }) => {
    expect(backoffMs(attempt, random)).toBe(expected);
  });
});

describe('askedMs', () => {
  test.each([
    { ms: -1, expected: 0 },
    { ms: 0, expected: 0 },
    { ms: 7_000, expected: 7_000 },
    { ms: 600_000, expected: 600_000 },
    { ms: 600_001, expected: 600_000 },
    { ms: Number.POSITIVE_INFINITY, expected: 600_000 },
    { ms: Number.NaN, expected: 600_000 },
    { ms: Number.NEGATIVE_INFINITY, expected: 600_000 },
  ])('[C5] a server that asks for $ms ms gets $expected ms', ({ ms, expected }) => {
    expect(askedMs(ms)).toBe(expected);
  });
});
