import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { WorkDeadline } from './work-deadline.ts';

const LIMIT_MS = 10_000;

function setUp() {
  const clock = new FakeClock();
  const reasons: Error[] = [];
  const deadline = new WorkDeadline(clock, LIMIT_MS, () => {
    const reason = new Error('too slow');
    reasons.push(reason);
    return reason;
  });
  return { clock, reasons, deadline };
}

describe('WorkDeadline', () => {
  it('aborts with its reason when the time is up, and not before', () => {
    const { clock, reasons, deadline } = setUp();
    clock.advance(LIMIT_MS - 1);
    expect([deadline.signal.aborted, reasons]).toEqual([false, []]);
    clock.advance(1);
    expect(deadline.signal.aborted).toBe(true);
    expect(reasons).toHaveLength(1);
    expect(deadline.signal.reason).toBe(reasons[0]);
  });

  it('signs of work do not extend it', () => {
    const { clock, deadline } = setUp();
    for (let seconds = 1; seconds < 10; seconds++) {
      clock.advance(1_000);
      deadline.heard(false);
      expect([deadline.signal.aborted, deadline.workedMs]).toEqual([false, seconds * 1_000]);
    }
    clock.advance(1_000);
    expect(deadline.signal.aborted).toBe(true);
  });

  it('does not count the time in the queue of the backend: the work has all its time afterwards', () => {
    const { clock, deadline } = setUp();
    clock.advance(LIMIT_MS - 1);
    deadline.heard(true);
    clock.advance(10 * LIMIT_MS);
    deadline.heard(true);
    expect(deadline.signal.aborted).toBe(false);
    deadline.heard(false);
    expect(deadline.workedMs).toBe(0);
    clock.advance(LIMIT_MS - 1);
    expect([deadline.signal.aborted, deadline.workedMs]).toEqual([false, LIMIT_MS - 1]);
    clock.advance(1);
    expect(deadline.signal.aborted).toBe(true);
  });

  it('never aborts once it is cleared, and leaves no timer', () => {
    const { clock, deadline } = setUp();
    deadline.clear();
    deadline.clear();
    expect(clock.pending).toBe(0);
    clock.advance(10 * LIMIT_MS);
    expect(deadline.signal.aborted).toBe(false);
  });
});
