import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { pause } from './pause.ts';

const TICK_MS = 1_000;

/** A pause that has begun, and whether it has ended. */
function begin(ms: number, stop = new AbortController()) {
  const clock = new FakeClock();
  let hasEnded = false;
  const ended = pause(clock, ms, stop.signal).then(() => {
    hasEnded = true;
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const isOver = async () => {
    await turn();
    return hasEnded;
  };
  const listeners = () => getEventListeners(stop.signal, 'abort').length;
  return { clock, stop, ended, isOver, listeners };
}

describe('pause', () => {
  it('resolves when its time is over and not before, and leaves no listener behind', async () => {
    const { clock, isOver, listeners } = begin(TICK_MS);
    clock.advance(TICK_MS - 1);
    expect([await isOver(), listeners()]).toEqual([false, 1]);
    clock.advance(1);
    expect([await isOver(), listeners()]).toEqual([true, 0]);
  });

  it('resolves at an abort, and leaves no timer and no listener behind', async () => {
    const { clock, stop, ended, listeners } = begin(TICK_MS);
    stop.abort();
    await ended;
    expect([clock.pending, listeners()]).toEqual([0, 0]);
  });

  it.each([0, -1])('of %i ms resolves at once', async (ms) => {
    const { clock, ended } = begin(ms);
    await ended;
    expect(clock.pending).toBe(0);
  });

  it('resolves at once when the signal is aborted already', async () => {
    const stop = new AbortController();
    stop.abort();
    const { clock, ended } = begin(TICK_MS, stop);
    await ended;
    expect(clock.pending).toBe(0);
  });
});
