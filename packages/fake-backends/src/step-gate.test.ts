import { describe, expect, it } from 'vitest';
import { StepGate } from './step-gate.ts';

const { signal } = new AbortController();
/** Everything that can happen without further permits has happened. */
const settled = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
};

/** Works that write their names down, once a step. */
function workOn(gate: StepGate, log: string[]) {
  return (name: string, steps: number, until = signal) =>
    (async () => {
      for (let step = 1; step <= steps; step++) {
        if (!(await gate.next(until))) return `${name} stopped`;
        log.push(name);
      }
      return `${name} done`;
    })();
}

describe('StepGate', () => {
  it('lets every work run through by default, with a turn of the event loop at each step', async () => {
    const gate = new StepGate();
    const log: string[] = [];
    const done = workOn(gate, log)('a', 3);
    expect(log).toEqual([]);
    expect(await done).toBe('a done');
    expect(gate.made).toBe(3);
  });

  it('permits so many steps and no more', async () => {
    const gate = new StepGate({ steps: 2 });
    const log: string[] = [];
    const done = workOn(gate, log)('a', 6);
    await settled();
    expect({ log, made: gate.made, waiting: gate.waiting }).toEqual({ log: ['a', 'a'], made: 2, waiting: 1 });
    gate.allow(3);
    await settled();
    expect(gate.made).toBe(5);
    gate.allow();
    expect(await done).toBe('a done');
    expect(await workOn(gate, log)('b', 20)).toBe('b done');
  });

  it('keeps unused permits until it is paused', async () => {
    const gate = new StepGate({ steps: 0 });
    const log: string[] = [];
    gate.allow(1);
    const done = workOn(gate, log)('a', 3);
    await settled();
    expect(log).toHaveLength(1);
    gate.allow();
    await done;
    gate.pause();
    const next = workOn(gate, log)('b', 1);
    await settled();
    expect(log).toEqual(['a', 'a', 'a']);
    gate.allow(1);
    expect(await next).toBe('b done');
  });

  it('gives permits in the order in which works ask for them', async () => {
    const gate = new StepGate({ steps: 0 });
    const log: string[] = [];
    const work = workOn(gate, log);
    const both = Promise.all([work('a', 2), work('b', 2)]);
    for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'a'], ['a', 'b', 'a', 'b']]) {
      gate.allow(1);
      await settled();
      expect(log).toEqual(expected);
    }
    await both;
  });

  it('lets go of a work at its signal, which uses no permit', async () => {
    const gate = new StepGate({ steps: 0 });
    const log: string[] = [];
    const stop = new AbortController();
    const work = workOn(gate, log);
    const stopped = work('a', 1, stop.signal);
    const waiting = work('b', 1);
    stop.abort();
    expect(await stopped).toBe('a stopped');
    gate.allow(1);
    expect(await waiting).toBe('b done');
    expect(await work('c', 1, stop.signal)).toBe('c stopped');
    expect(log).toEqual(['b']);
  });

  it('lets go of a work at its signal while a step takes its time', async () => {
    const gate = new StepGate({ stepMs: 2 ** 30 });
    const stop = new AbortController();
    const stopped = workOn(gate, [])('a', 1, stop.signal);
    await settled();
    stop.abort();
    expect(await stopped).toBe('a stopped');
    expect(gate.made).toBe(0);
  });

  it('takes at least its time for a step', async () => {
    const gate = new StepGate({ stepMs: 20 });
    const began = performance.now();
    await workOn(gate, [])('a', 3);
    // A timer may be a millisecond early.
    expect(performance.now() - began).toBeGreaterThanOrEqual(3 * 19);
  });
});
