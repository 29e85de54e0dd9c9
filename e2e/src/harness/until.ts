import { expect, vi } from 'vitest';
import { PATIENCE_MS } from './visit.ts';

/** What may be expected of something that is on its way. Each resolves once it holds. */
export interface Eventually {
  toBe(expected: unknown): Promise<void>;
  toEqual(expected: unknown): Promise<void>;
  toContain(part: string): Promise<void>;
  toMatch(pattern: RegExp): Promise<void>;
  toBeGreaterThan(least: number): Promise<void>;
  toBeGreaterThanOrEqual(least: number): Promise<void>;
}

/** An expectation that is looked at again until it holds, or patience ends. Unlike the runner's own, it works in concurrent tests. */
export function eventually(read: () => unknown, timeout = PATIENCE_MS): Eventually {
  const until = (check: (value: unknown) => void) =>
    vi.waitFor(async () => check(await read()), { timeout, interval: 40 });
  return {
    toBe: (expected) => until((value) => expect(value).toBe(expected)),
    toEqual: (expected) => until((value) => expect(value).toEqual(expected)),
    toContain: (part) => until((value) => expect(value).toContain(part)),
    toMatch: (pattern) => until((value) => expect(value).toMatch(pattern)),
    toBeGreaterThan: (least) => until((value) => expect(value).toBeGreaterThan(least)),
    toBeGreaterThanOrEqual: (least) => until((value) => expect(value).toBeGreaterThanOrEqual(least)),
  };
}
