import { jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { messages as app } from '../../i18n/en/app.ts';
import { messages as job } from '../../i18n/en/job.ts';
import { addMessages } from '../../i18n/translate.ts';
import { announcement } from './announcement.ts';

addMessages(app);
addMessages(job);

const JOB = {
  id: 'j',
  status: 'running',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'p',
  lastEventSeq: 1,
  createdAt: '',
  updatedAt: '',
} as const;

describe('announcement', () => {
  it('tells the status and the transport, and the same for every tick of progress', () => {
    const first = announcement({ kind: 'live', mode: 'ws' }, { ...JOB, percent: 10 });
    expect(first).toBe('Status: Running. Updates over WS.');
    expect(announcement({ kind: 'live', mode: 'ws' }, { ...JOB, percent: 20 })).toBe(first);
  });

  it('tells why updates are polled, and not each change of the interval', () => {
    const lost = announcement({ kind: 'degraded', everySeconds: 2, reason: 'lost' }, JOB);
    expect(lost).toBe('Status: Running. Connection lost. Switching to polling.');
    expect(announcement({ kind: 'degraded', everySeconds: 5, reason: 'lost' }, JOB)).toBe(lost);
  });

  it('tells a failure with its reason', () => {
    const error = jobError('PROVIDER_REJECTED');
    const state = { kind: 'failed-final', error, exhausted: false, maxAttempts: 3 } as const;
    expect(announcement(state, { ...JOB, status: 'failed', error })).toBe(
      'Status: Failed. Your prompt was rejected. Please edit and retry.',
    );
  });
});
