import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../packages/server/src/testing/random.ts';
import { FAULT_KINDS, planFaults } from './fault-plan.ts';

const plan = (seed: number, durationMs = 120_000) =>
  planFaults({ random: createRandom(seed), durationMs, everyMs: 4_000, silenceMs: 20_000, gateways: 2, workers: 3 });

describe('planFaults', () => {
  it('plans the same for the same seed, and something else for another', () => {
    expect(plan(7)).toEqual(plan(7));
    expect(plan(8)).not.toEqual(plan(7));
  });

  it.each([1, 2, 3, 4, 5])('has every kind of fault before long, in order of time (seed %i)', (seed) => {
    const faults = plan(seed);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    expect(faults.map(({ atMs }) => atMs)).toEqual(faults.map(({ atMs }) => atMs).sort((a, b) => a - b));
  });

  it('breaks nothing that is broken already', () => {
    const faults = plan(11, 3_600_000);
    for (const [index, fault] of faults.entries())
      for (const later of faults.slice(index + 1))
        if (later.who === fault.who) expect(later.atMs).toBeGreaterThan(fault.atMs + fault.forMs);
  });

  it('lets a worker oversleep', () => {
    const sleeps = plan(1, 3_600_000).filter(({ kind, who }) => kind === 'stopped' && who.startsWith('worker'));
    expect(sleeps.some(({ forMs }) => forMs > 20_000)).toBe(true);
    expect(sleeps.some(({ forMs }) => forMs < 20_000)).toBe(true);
  });
});
