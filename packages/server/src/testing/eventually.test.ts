import { describe, expect, it } from 'vitest';
import { eventually, eventuallyEqual } from './eventually.ts';

/** Answers each of these in turn, then `last` again and again. */
function answers<T>(values: readonly T[], last: T): () => T {
  const left = [...values];
  return () => left.shift() ?? last;
}

describe('eventually', () => {
  it('looks again until the condition holds', async () => {
    const read = answers(
      Array.from({ length: 60 }, () => false),
      true,
    );
    await eventually(read);
    await eventually(async () => read());
  });

  it('ends at once when the condition throws', async () => {
    const broken = () => {
      throw new Error('no such thing');
    };
    await expect(eventually(broken)).rejects.toThrow('no such thing');
  });

  it('is ended by the time limit of the test', { timeout: 50, fails: true }, () => eventually(() => false));
});

describe('eventuallyEqual', () => {
  it('compares whole values, not references', async () => {
    await eventuallyEqual(answers([{ seen: [1] }], { seen: [1, 2] }), { seen: [1, 2] });
    await eventuallyEqual(async () => ({ seen: [1] }), { seen: [1] });
  });

  it('does not take what is alike for what is equal', { timeout: 50, fails: true }, () =>
    eventuallyEqual<unknown>(() => '1', 1),
  );
});
