import { type JobError, jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { type Change, transition } from '../jobs/transition.ts';
import { sampleJob } from '../testing/sample-job.ts';
import { countOf } from './job-metrics.ts';

const error: JobError = jobError('PROVIDER_TIMEOUT');
const running = sampleJob({ status: 'running', provider: 'forge' });

function counted(before: typeof running, change: Change) {
  const next = transition(before, change, 0);
  if (!next.ok) throw new Error(next.error.message);
  return countOf({ change, before, after: next.job });
}

describe('What is counted of a change', () => {
  it.each<[string, typeof running, Change, ReturnType<typeof countOf>]>([
    ['a retry', running, { type: 'repeat', error, retry: 1, retries: 3, inMs: 1 }, { what: 'retry', backend: 'forge' }],
    ['a failover', running, { type: 'failover', error }, { what: 'failover', backend: 'forge' }],
    ['a failure', running, { type: 'fail', error }, { what: 'ended', status: 'failed', code: 'PROVIDER_TIMEOUT' }],
    ['a cancel', running, { type: 'cancel' }, { what: 'ended', status: 'cancelled', code: '' }],
    [
      'the end',
      { ...running, status: 'uploading' },
      { type: 'complete', resultUrls: [] },
      { what: 'ended', status: 'completed', code: '' },
    ],
    [
      'a loss of the last attempt',
      { ...running, attempt: running.maxAttempts },
      { type: 'rescue' },
      { what: 'ended', status: 'failed', code: 'SERVER_ERROR' },
    ],
    ['a loss', running, { type: 'rescue' }, undefined],
    ['a step', running, { type: 'progress', percent: 50 }, undefined],
    ['a retry by a person', { ...running, status: 'failed', error }, { type: 'retry' }, undefined],
  ])('%s', (_what, before, change, expected) => {
    expect(counted(before, change)).toEqual(expected);
  });

  it('a job that is made', () => {
    expect(countOf({ change: undefined, before: running, after: running })).toEqual({ what: 'made' });
  });
});
