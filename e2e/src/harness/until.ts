import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { PATIENCE_MS } from './patience.ts';

/** Pauses between the first looks, in milliseconds; the last one repeats. Looking costs the page and the test time of its own. */
const PAUSES_MS = [10, 20, 50, 100, 200, 400] as const;

/** What may be expected of something that is on its way. Each resolves once it holds. */
export interface Eventually {
  toBe(expected: unknown): Promise<void>;
  toEqual(expected: unknown): Promise<void>;
  toContain(part: string): Promise<void>;
  toMatch(pattern: RegExp): Promise<void>;
  toBeGreaterThan(least: number): Promise<void>;
  toBeGreaterThanOrEqual(least: number): Promise<void>;
}

/** Reads until `check` passes; throws what it threw last when patience ends. */
async function until(read: () => unknown, check: (value: unknown) => void): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (let look = 0; ; look++) {
    try {
      return check(await read());
    } catch (thrown) {
      if (performance.now() > end) throw thrown;
    }
    await delay(PAUSES_MS[Math.min(look, PAUSES_MS.length - 1)]);
  }
}

/**
 * Waits for a fact: reads it again until the expectation holds. Beside Playwright's own waits for elements this is the
 * only way to wait. Unlike the runner's `expect.poll`, it works in concurrent tests.
 */
export function eventually(read: () => unknown): Eventually {
  return {
    toBe: (expected) => until(read, (value) => expect(value).toBe(expected)),
    toEqual: (expected) => until(read, (value) => expect(value).toEqual(expected)),
    toContain: (part) => until(read, (value) => expect(value).toContain(part)),
    toMatch: (pattern) => until(read, (value) => expect(value).toMatch(pattern)),
    toBeGreaterThan: (least) => until(read, (value) => expect(value).toBeGreaterThan(least)),
    toBeGreaterThanOrEqual: (least) => until(read, (value) => expect(value).toBeGreaterThanOrEqual(least)),
  };
}
