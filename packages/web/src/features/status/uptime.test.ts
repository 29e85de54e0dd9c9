import { describe, expect, it } from 'vitest';
import { uptimeText } from './uptime.ts';

describe('uptimeText', () => {
  it.each([
    [0, '0 sec'],
    [0.4, '0 sec'],
    [59, '59 sec'],
    [60, '1 min'],
    [65, '1 min 5 sec'],
    [7_265, '2 hr 1 min'],
    [86_400 * 3 + 59, '3 days'],
    [86_400 + 4 * 3_600 + 120, '1 day 4 hr'],
  ])('%d s is %s', (seconds, text) => {
    expect(uptimeText(seconds)).toBe(text);
  });
});
