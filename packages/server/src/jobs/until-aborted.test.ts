import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { untilAborted } from './until-aborted.ts';

const GRACE_MS = 5_000;
const REASON = new Error('no longer wanted');

/** A source that hands out 1 and 2, waits for the test, then ends. */
function setUp() {
  const clock = new FakeClock();
  const stop = new AbortController();
  const { promise: hung, resolve: release } = Promise.withResolvers<void>();
  const source = { asked: 0, isStopped: false };
  async function* values() {
    try {
      for (let value = 1; value <= 2; value++) {
        source.asked++;
        yield value;
      }
      source.asked++;
      await hung;
    } finally {
      source.isStopped = true;
    }
  }
  return { clock, stop, source, release, values: untilAborted(values(), stop.signal, clock) };
}

describe('untilAborted', () => {
  it('yields the values of the source and ends with it', async () => {
    const { clock, stop, source, release, values } = setUp();
    release();
    const seen: number[] = [];
    for await (const value of values) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(source.isStopped).toBe(true);
    expect([clock.pending, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
  });

  it('passes on the failure of the source', async () => {
    const broken = (async function* () {
      yield 1;
      throw REASON;
    })();
    const values = untilAborted(broken, new AbortController().signal, new FakeClock());
    expect(await values.next()).toEqual({ done: false, value: 1 });
    await expect(values.next()).rejects.toBe(REASON);
  });

  it('asks the source for nothing when the signal is aborted already', async () => {
    const { stop, source, values } = setUp();
    stop.abort(REASON);
    await expect(values.next()).rejects.toBe(REASON);
    expect(source.asked).toBe(0);
  });

  it('does not ask for the next value when the signal is aborted between two', async () => {
    const { stop, source, values } = setUp();
    await values.next();
    stop.abort(REASON);
    await expect(values.next()).rejects.toBe(REASON);
    expect(source).toEqual({ asked: 1, isStopped: true });
  });

  it('stops the source when its reader leaves', async () => {
    const { clock, stop, source, values } = setUp();
    for await (const value of values) if (value === 1) break;
    expect(source).toEqual({ asked: 1, isStopped: true });
    expect([clock.pending, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
  });

  it('waits for a source that is told to stop, and then throws the reason', async () => {
    const { clock, stop, source, release, values } = setUp();
    await values.next();
    await values.next();
    const last = values.next();
    await eventually(() => source.asked === 3);
    let isOver = false;
    const over = last.catch((thrown: unknown) => {
      isOver = true;
      return thrown;
    });
    stop.abort(REASON);
    await eventually(() => clock.pending === 1);
    expect(isOver).toBe(false);
    release();
    expect(await over).toBe(REASON);
    expect(source.isStopped).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('gives up on a source that does not stop within five seconds', async () => {
    const { clock, stop, source, values } = setUp();
    await values.next();
    await values.next();
    let isOver = false;
    const over = values.next().catch((thrown: unknown) => {
      isOver = true;
      return thrown;
    });
    stop.abort(REASON);
    await eventually(() => clock.pending === 1);
    clock.advance(GRACE_MS - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    clock.advance(1);
    expect(await over).toBe(REASON);
    expect(source.isStopped).toBe(false);
  });

  it.each([
    ['complains when it is stopped', { return: () => Promise.reject(new Error('leave me alone')) }],
    ['cannot be stopped', {}],
  ])('throws the reason although the source %s', async (_what, traits) => {
    const stop = new AbortController();
    const clock = new FakeClock();
    const endless = { next: () => new Promise<IteratorResult<number>>(() => {}), ...traits };
    const next = untilAborted({ [Symbol.asyncIterator]: () => endless }, stop.signal, clock).next();
    stop.abort(REASON);
    await expect(next).rejects.toBe(REASON);
    expect(clock.pending).toBe(0);
  });
});
