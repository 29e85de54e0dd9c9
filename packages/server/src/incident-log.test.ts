import { apiError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { IncidentLog } from './incident-log.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { createLineLogger } from './testing/line-logger.ts';

const REQUEST = { method: 'POST', route: '/api/jobs' };

function start() {
  const lines: Record<string, unknown>[] = [];
  const clock = new FakeClock();
  const log = new IncidentLog(
    createLineLogger((line) => lines.push(JSON.parse(line))),
    clock,
  );
  return { lines, clock, log };
}

describe('Refusals', () => {
  it('are one line a code every 10 s, with their count and an example, and never an error', () => {
    const { lines, clock, log } = start();
    for (let count = 0; count < 2_000; count++) log.refuse(apiError('QUEUE_FULL'), REQUEST);
    for (let count = 0; count < 3; count++)
      log.refuse(apiError('INVALID_REQUEST', `${count} is wrong.`, 'prompt'), { ...REQUEST, route: '/image/generate' });
    expect(lines).toEqual([]);
    clock.advance(10_000);
    expect(lines).toMatchObject([
      { level: 40, msg: 'requests refused', code: 'QUEUE_FULL', count: 2_000, example: REQUEST },
      { level: 30, code: 'INVALID_REQUEST', count: 3, example: { message: '0 is wrong.', field: 'prompt' } },
    ]);
    for (const line of lines) expect(line).not.toHaveProperty('err');
    clock.advance(60_000);
    expect(lines).toHaveLength(2);
    log.refuse(apiError('QUEUE_FULL'), REQUEST);
    clock.advance(10_000);
    expect(lines[2]).toMatchObject({ code: 'QUEUE_FULL', count: 1 });
    expect(Object.fromEntries(log.refusals)).toEqual({ QUEUE_FULL: 2_001, INVALID_REQUEST: 3 });
  });

  it('that are not summed up yet are logged at the end, and no timer is left', () => {
    const { lines, clock, log } = start();
    log.refuse(apiError('STORAGE_UNAVAILABLE'), REQUEST, 'the disk is full');
    log.close();
    expect(lines).toMatchObject([{ level: 40, count: 1, example: { message: 'the disk is full' } }]);
    expect(clock.pending).toBe(0);
  });
});

describe('Faults', () => {
  it('are logged in full when they are new, and counted while they repeat', () => {
    const { lines, clock, log } = start();
    for (let count = 0; count < 1_000; count++) log.fail(new TypeError('x is undefined'), 'request failed', { count });
    expect(lines).toMatchObject([{ level: 50, msg: 'request failed', count: 0, err: { type: 'TypeError' } }]);
    expect(lines[0]).toHaveProperty(['err', 'stack'], expect.stringContaining('x is undefined'));
    clock.advance(10_000);
    expect(lines.slice(1)).toMatchObject([{ level: 50, count: 999, msg: 'request failed, repeatedly' }]);
    log.fail(new TypeError('x is undefined'), 'request failed');
    clock.advance(10_000);
    expect(lines.slice(2)).toMatchObject([{ count: 1 }]);
    clock.advance(10_000);
    expect([lines.length, clock.pending]).toEqual([3, 0]);
    log.fail(new TypeError('x is undefined'), 'request failed');
    expect(lines[3]).toHaveProperty('err');
  });

  it('are bounded even if each is another one', () => {
    const { lines, clock, log } = start();
    for (let count = 0; count < 1_000; count++) log.fail(new Error(`number ${count}`), 'job fault');
    expect(lines).toHaveLength(20);
    clock.advance(10_000);
    expect(lines.slice(20)).toMatchObject([{ count: 980, fault: 'other faults' }]);
  });

  it('may be anything that is thrown', () => {
    const { lines, log } = start();
    for (const thrown of ['text', undefined, null, { a: 1 }]) log.fail(thrown, 'job fault');
    expect(lines).toHaveLength(4);
  });
});
