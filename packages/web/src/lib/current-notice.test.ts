import type { Job, Notice, ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { currentNotice } from './current-notice.ts';

const job = (changes: Partial<Job> = {}): Job => ({
  id: 'j',
  status: 'running',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'p',
  lastEventSeq: 9,
  createdAt: '',
  updatedAt: '',
  ...changes,
});

let seq = 0;
const event = (changes: Partial<ProgressEvent> = {}): ProgressEvent => {
  seq++;
  return { id: `j.${seq}`, jobId: 'j', seq, ts: `t${seq}`, stage: 'running', attempt: 1, ...changes };
};
const notice = (kind: Notice['kind']) => event({ notice: { kind, provider: 'forge' } });
const kinds = (events: readonly ProgressEvent[], changes: Partial<Job> = {}) =>
  currentNotice(job(changes), events)?.kind;

describe('currentNotice', () => {
  it('is the newest notice, until a step, a preview or a picture follows', () => {
    expect(kinds([event(), notice('retry'), notice('waiting')])).toBe('waiting');
    expect(kinds([notice('waiting'), event({ upstreamId: 'u' })])).toBe('waiting');
    for (const news of [{ step: 1 }, { previewUrl: '/1.jpg' }, { resultUrls: ['/r.png'] }])
      expect(kinds([notice('waiting'), event(news)])).toBeUndefined();
  });

  it('keeps saying who took over while the other backend begins', () => {
    expect(kinds([notice('failover'), event({ provider: 'comfyui', percent: 0 }), event({ upstreamId: 'u' })])).toBe(
      'failover',
    );
  });

  it('no longer speaks of a retry that has begun', () => {
    expect(kinds([notice('retry'), event({ upstreamId: 'u' })])).toBeUndefined();
  });

  it('is nothing of another attempt, and nothing once the job has ended', () => {
    const events = [notice('retry')];
    expect(kinds(events, { attempt: 2 })).toBeUndefined();
    for (const status of ['uploading', 'completed', 'failed', 'cancelled'] as const)
      expect(kinds(events, { status })).toBeUndefined();
    expect(kinds([])).toBeUndefined();
  });

  it('knows since when', () => {
    const said = notice('retry');
    expect(currentNotice(job(), [said])?.since).toBe(said.ts);
  });
});
