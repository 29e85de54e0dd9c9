import { describe, expect, it } from 'vitest';
import { PaceMeter } from './pace-meter.ts';

describe('PaceMeter', () => {
  it('[C10] measures by size and steps, the newest counting most', () => {
    const meter = new PaceMeter();
    expect([meter.meanMs, meter.paces]).toEqual([undefined, []]);
    meter.learn({ size: 512, steps: 20 }, 1_000);
    meter.learn({ size: 1024, steps: 20 }, 4_000);
    meter.learn({ size: 512, steps: 20 }, 2_000);
    expect(meter.meanMs).toBe(1_680);
    expect(meter.paces).toEqual([
      { size: 1024, steps: 20, meanMs: 4_000 },
      { size: 512, steps: 20, meanMs: 1_200 },
    ]);
  });

  it('forgets those made longest ago', () => {
    const meter = new PaceMeter();
    for (let steps = 5; steps <= 50; steps++) meter.learn({ size: 512, steps }, 1_000);
    expect(meter.paces.map(({ steps }) => steps)).toEqual(Array.from({ length: 16 }, (_, index) => 35 + index));
  });
});
