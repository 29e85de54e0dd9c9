import { describe, expect, it } from 'vitest';
import type { Update } from '../provider.ts';
import { isProviderError } from '../provider-error.ts';
import { PNG } from '../testing/manual-provider.ts';
import { toKeptUpdate } from './kept-update.ts';

describe('toKeptUpdate', () => {
  it.each<Update>([
    { type: 'accepted', upstreamId: 'fal-ai/flux:0123-abc' },
    { type: 'accepted', upstreamId: 'task(abc)' },
    { type: 'waiting' },
    { type: 'waiting', position: 1 },
    { type: 'progress', percent: 12.5 },
    { type: 'progress', percent: 20, step: 0, steps: 20 },
    { type: 'preview', image: PNG },
    { type: 'image', image: PNG },
  ])('leaves %j as it is', (update) => {
    expect(toKeptUpdate(update)).toBe(update);
  });

  it.each(['', 'a\u0000b', '\ud800', 'a\nb', 'ğ', 'x'.repeat(201)])(
    'refuses the id %j: the work may be running, and nothing is submitted again',
    (upstreamId) => {
      expect(() => toKeptUpdate({ type: 'accepted', upstreamId })).toThrow(
        expect.toSatisfy((thrown) => isProviderError(thrown) && thrown.mayStillRun && thrown.retries === 0),
      );
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, -1, 1e300])('leaves out the number %s', (number) => {
    expect(toKeptUpdate({ type: 'waiting', position: number })).toEqual({ type: 'waiting' });
    const progress = { type: 'progress', percent: 5 } as const;
    expect(toKeptUpdate({ ...progress, step: number, steps: 20 })).toEqual(progress);
    expect(toKeptUpdate({ ...progress, step: 1, steps: number })).toEqual(progress);
  });
});
