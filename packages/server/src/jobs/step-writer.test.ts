import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { JPEG, PNG } from '../testing/manual-provider.ts';
import { type Progress, StepWriter } from './step-writer.ts';

function setUp() {
  const clock = new FakeClock();
  const written: Progress[] = [];
  const faults: unknown[] = [];
  const stop = new AbortController();
  let writing: () => Promise<void> = async () => {};
  /** What the next write does besides; those after it succeed at once. */
  const next = (work: () => Promise<void>) => {
    writing = () => {
      writing = async () => {};
      return work();
    };
  };
  const write = async (progress: Progress) => {
    written.push(progress);
    await writing();
  };
  const failNext = (thrown: Error) =>
    next(async () => {
      written.pop();
      throw thrown;
    });
  const holdNext = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    next(() => promise);
    return resolve;
  };
  const steps = new StepWriter({ clock, signal: stop.signal, write, onFault: (thrown) => faults.push(thrown) });
  return { clock, written, faults, stop, steps, failNext, holdNext };
}

describe('StepWriter', () => {
  it('[E2] writes the first at once and then the newest, twenty times a second', async () => {
    const { clock, written, steps } = setUp();
    for (let percent = 1; percent <= 3; percent++) {
      steps.progress({ percent });
      await eventually(() => written.length === 1);
    }
    clock.advance(49);
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toEqual([{ percent: 1 }]);
    await eventually(() => clock.pending === 1);
    clock.advance(50);
    await steps.drain();
    expect(written).toStrictEqual([{ percent: 1 }, { percent: 3 }]);
  });

  it('[E2] a preview belongs to the step before it, and is not lost to a newer step without one', async () => {
    const { clock, written, steps } = setUp();
    steps.progress({ percent: 1 });
    steps.preview(JPEG);
    await steps.drain();
    steps.progress({ percent: 2 });
    steps.preview(PNG);
    steps.progress({ percent: 3 });
    await eventually(() => clock.pending === 1);
    clock.advance(50);
    await steps.drain();
    expect(written).toEqual([
      { percent: 1, preview: JPEG },
      { percent: 3, preview: PNG },
    ]);
  });

  it('a preview without a step leaves the percent as it is', async () => {
    const { written, steps } = setUp();
    steps.preview(JPEG);
    await steps.drain();
    expect(written).toEqual([{ preview: JPEG }]);
  });

  it('[J3] writes nothing more once it is stopped', async () => {
    const { clock, written, stop, steps } = setUp();
    steps.progress({ percent: 1 });
    await steps.drain();
    steps.progress({ percent: 2 });
    await eventually(() => clock.pending === 1);
    stop.abort();
    await steps.drain();
    expect(written).toEqual([{ percent: 1 }]);
  });

  it('a failed write is reported once, and the next step is written again', async () => {
    const { clock, faults, written, steps, failNext } = setUp();
    const broken = new Error('the disk is full');
    failNext(broken);
    steps.progress({ percent: 1 });
    steps.preview(JPEG);
    await steps.drain();
    expect([faults, written]).toEqual([[broken], []]);
    clock.advance(50);
    steps.progress({ percent: 2 });
    await steps.drain();
    expect([faults, written]).toEqual([[broken], [{ percent: 2 }]]);
  });

  it('[E2] waits no longer than it must: a step that comes late enough is written at once', async () => {
    const { clock, written, steps } = setUp();
    steps.progress({ percent: 1 });
    await steps.drain();
    clock.advance(30);
    steps.progress({ percent: 2 });
    await eventually(() => clock.pending === 1);
    clock.advance(20);
    await steps.drain();
    clock.advance(50);
    steps.progress({ percent: 3 });
    await steps.drain();
    expect(clock.pending).toBe(0);
    expect(written).toEqual([{ percent: 1 }, { percent: 2 }, { percent: 3 }]);
  });

  it('writes one at a time: a step that comes while another is written follows it', async () => {
    const { clock, written, steps, holdNext } = setUp();
    const release = holdNext();
    steps.preview(JPEG);
    await eventually(() => written.length === 1);
    clock.advance(1_000);
    steps.progress({ percent: 1 });
    steps.preview(PNG);
    let isDrained = false;
    const drained = steps.drain().then(() => {
      isDrained = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect([written, isDrained]).toEqual([[{ preview: JPEG }], false]);
    release();
    await drained;
    expect(written).toEqual([{ preview: JPEG }, { percent: 1, preview: PNG }]);
  });

  it('does not change the step that it was given', async () => {
    const { written, steps } = setUp();
    const progress = { percent: 1 };
    steps.progress(progress);
    steps.preview(JPEG);
    await steps.drain();
    expect([progress, written]).toEqual([{ percent: 1 }, [{ percent: 1, preview: JPEG }]]);
  });

  it('[J3] writes nothing at all if it is stopped before the first write', async () => {
    const { written, stop, steps } = setUp();
    steps.progress({ percent: 1 });
    stop.abort();
    await steps.drain();
    expect(written).toEqual([]);
  });
});
