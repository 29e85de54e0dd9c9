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
  const write = async (progress: Progress) => void written.push(progress);
  const steps = new StepWriter({ clock, signal: stop.signal, write, onFault: (thrown) => faults.push(thrown) });
  return { clock, written, faults, stop, steps };
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
    expect(written).toEqual([{ percent: 1 }, { percent: 3 }]);
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
});
