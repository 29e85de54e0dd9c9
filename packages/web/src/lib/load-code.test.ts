import { describe, expect, it } from 'vitest';
import { type LoadEnvironment, loadCode } from './load-code.ts';

/** A server that answers as the test says, once per question, and pauses that are noted and over at once. */
function surroundings(answers: readonly boolean[]): LoadEnvironment & { readonly pausesMs: number[] } {
  const left = [...answers];
  const pausesMs: number[] = [];
  return {
    pausesMs,
    isReachable: async () => {
      const answer = left.shift();
      if (answer === undefined) throw new Error('asked too often');
      return answer;
    },
    pause: async (ms) => void pausesMs.push(ms),
  };
}

/** Code that arrives at this try, counted from 1. */
function arrivesAt(success: number) {
  let tries = 0;
  return async () => {
    tries++;
    if (tries < success) throw new Error(`try ${tries}`);
    return `try ${tries}`;
  };
}

describe('code loaded on demand', () => {
  it('asks the server nothing when it arrives', async () => {
    expect(await loadCode(arrivesAt(1), surroundings([]))).toBe('try 1');
  });

  it('is tried again at once when the server answers', async () => {
    const environment = surroundings([true]);
    expect(await loadCode(arrivesAt(2), environment)).toBe('try 2');
    expect(environment.pausesMs).toEqual([]);
  });

  it('is waited for while the server is away, with longer and longer pauses', async () => {
    const environment = surroundings([false, false, false, false, false, false, false, true]);
    expect(await loadCode(arrivesAt(2), environment)).toBe('try 2');
    expect(environment.pausesMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  it('is waited for again when the server goes away while it loads', async () => {
    const environment = surroundings([true, false, true]);
    expect(await loadCode(arrivesAt(3), environment)).toBe('try 3');
    expect(environment.pausesMs).toEqual([500]);
  });

  it('is given up when the server answers before and after a try that fails', async () => {
    await expect(loadCode(arrivesAt(9), surroundings([true, true]))).rejects.toThrow('try 2');
    await expect(loadCode(arrivesAt(9), surroundings([false, true, true]))).rejects.toThrow('try 2');
  });
});
