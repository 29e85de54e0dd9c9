import { expect, vi } from 'vitest';
import { PATIENCE_MS } from './patience.ts';

/** Pause between two looks, in milliseconds. */
const LOOK_MS = 80;

/** What may be expected of something that is on its way. Each resolves once it holds. */
export interface Eventually {
  toBe(expected: unknown): Promise<void>;
  toEqual(expected: unknown): Promise<void>;
  toContain(part: string): Promise<void>;
  toMatch(pattern: RegExp): Promise<void>;
  toBeGreaterThan(least: number): Promise<void>;
  toBeGreaterThanOrEqual(least: number): Promise<void>;
}

/**
 * Waits for a fact: reads it again until the expectation holds. Beside Playwright's own waits for elements this is the
 * only way to wait. Unlike the runner's `expect.poll`, it works in concurrent tests.
 */
export function eventually(read: () => unknown): Eventually {
  const until = (check: (value: unknown) => void) =>
    vi.waitFor(async () => check(await read()), { timeout: PATIENCE_MS, interval: LOOK_MS });
  return {
    toBe: (expected) => until((value) => expect(value).toBe(expected)),
    toEqual: (expected) => until((value) => expect(value).toEqual(expected)),
    toContain: (part) => until((value) => expect(value).toContain(part)),
    toMatch: (pattern) => until((value) => expect(value).toMatch(pattern)),
    toBeGreaterThan: (least) => until((value) => expect(value).toBeGreaterThan(least)),
    toBeGreaterThanOrEqual: (least) => until((value) => expect(value).toBeGreaterThanOrEqual(least)),
  };
}
