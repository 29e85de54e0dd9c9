import { expect, it } from 'vitest';
import { doubledWorks, repeatedWorks } from './check-works.ts';

const work = (takenAt: number, endedAt: number | undefined, prompt = 'a') => ({
  prompt,
  seed: 1,
  takenAt,
  startedAt: takenAt,
  endedAt,
});

it('works of one job at the same time are doubled, one after the other they are only repeated', () => {
  expect(doubledWorks([work(0, 10), work(10, 20), work(5, 15, 'b')])).toEqual([]);
  expect(doubledWorks([work(0, 10), work(9, 20)])).toHaveLength(1);
  expect(doubledWorks([work(0, undefined), work(9, 20)])).toHaveLength(1);
  expect(repeatedWorks([work(0, 10), work(10, 20), work(5, 15, 'b')])).toBe(1);
});
