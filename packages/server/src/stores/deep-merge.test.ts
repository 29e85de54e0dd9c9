import { describe, expect, it } from 'vitest';
import { deepMerge } from './deep-merge.ts';

describe('deepMerge', () => {
  it('[M4] keeps what the patch does not name, at every depth', () => {
    expect(deepMerge({ a: 1, b: { c: 2, d: [3] } }, { b: { c: 4 }, e: 'new' })).toEqual({
      a: 1,
      b: { c: 4, d: [3] },
      e: 'new',
    });
  });

  it('[M4] null takes a field away; lists and values are replaced', () => {
    expect(deepMerge({ a: 1, b: [1, 2], c: { d: 1 } }, { a: null, b: [3], c: 7 })).toEqual({ b: [3], c: 7 });
    expect(deepMerge({ a: 1 }, { a: { b: { c: null, d: 1 } } })).toEqual({ a: { b: { d: 1 } } });
  });

  it('changes neither of the two, and a field called __proto__ is only a field', () => {
    const [target, patch] = [{ a: { b: 1 } }, { a: { c: 2 } }];
    deepMerge(target, patch);
    expect([target, patch]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }]);
    const merged = deepMerge({}, JSON.parse('{"__proto__":{"polluted":true}}'));
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });
});
