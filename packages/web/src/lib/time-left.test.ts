import type { JobStatus, ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { timeLeft } from './time-left.ts';

const event = (seq: number, stage: JobStatus, second: number, percent?: number): ProgressEvent => ({
  id: `j.${seq}`,
  jobId: 'j',
  seq,
  stage,
  ts: new Date(second * 1000).toISOString(),
  ...(percent !== undefined && { percent }),
});

describe('timeLeft', () => {
  it('goes on at the pace of this attempt', () => {
    const events = [event(1, 'queued', 0), event(2, 'running', 100, 0), event(3, 'running', 102, 20)];
    expect(timeLeft(events)).toBe(8_000);
  });

  it('ignores earlier attempts', () => {
    const events = [
      event(1, 'running', 0, 0),
      event(2, 'failed', 50),
      event(3, 'queued', 60),
      event(4, 'running', 70, 0),
      event(5, 'running', 71, 50),
    ];
    expect(timeLeft(events)).toBe(1_000);
  });

  it('does not guess while waiting, at the very start, or after the end', () => {
    expect(timeLeft([])).toBeUndefined();
    expect(timeLeft([event(1, 'queued', 0)])).toBeUndefined();
    expect(timeLeft([event(1, 'running', 0, 0), event(2, 'running', 1, 3)])).toBeUndefined();
    expect(timeLeft([event(1, 'running', 0, 0), event(2, 'running', 1, 90), event(3, 'uploading', 2)])).toBeUndefined();
  });
});
