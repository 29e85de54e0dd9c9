import { describe, expect, it } from 'vitest';
import { pictureMs } from './pace.ts';

const pace = {
  meanMs: 5_000,
  paces: [
    { size: 512, steps: 20, meanMs: 2_000 },
    { size: 1024, steps: 20, meanMs: 9_000 },
  ],
};

describe('pictureMs', () => {
  it('[C10] is measured by size and steps, and a mean where none of these was made', () => {
    expect(pictureMs(pace, { size: '512', steps: 20 })).toBe(2_000);
    expect(pictureMs(pace, { size: '1024', steps: 20 })).toBe(9_000);
    expect(pictureMs(pace, { size: '1024', steps: 40 })).toBe(5_000);
    expect(pictureMs(pace, {})).toBe(5_000);
    expect(pictureMs({}, { size: '512', steps: 20 })).toBeUndefined();
  });
});
