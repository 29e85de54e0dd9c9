import type { Job, JobStatus } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { filterJobs, NO_FILTER } from './job-filter.ts';

const job = (id: string, prompt: string, status: JobStatus): Job => ({
  id,
  prompt,
  status,
  attempt: 1,
  maxAttempts: 3,
  lastEventSeq: 1,
  createdAt: '',
  updatedAt: '',
});

const JOBS = [job('a', 'A red kite', 'completed'), job('b', 'A blue kite, at night', 'failed')];
const ids = (filter: Parameters<typeof filterJobs>[1]) => filterJobs(JOBS, filter).map(({ id }) => id);

describe('filterJobs', () => {
  it('shows everything without a filter', () => {
    expect(ids(NO_FILTER)).toEqual(['a', 'b']);
  });

  it('looks for every word, in any order and case', () => {
    expect(ids({ ...NO_FILTER, text: 'KITE' })).toEqual(['a', 'b']);
    expect(ids({ ...NO_FILTER, text: ' night blue ' })).toEqual(['b']);
    expect(ids({ ...NO_FILTER, text: 'red night' })).toEqual([]);
  });

  it('keeps one status', () => {
    expect(ids({ ...NO_FILTER, status: 'failed' })).toEqual(['b']);
  });
});
