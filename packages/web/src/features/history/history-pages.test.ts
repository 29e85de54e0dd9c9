import type { Job } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { type History, withNewest, withOlder } from './history-pages.ts';

const job = (id: string, status: Job['status'] = 'running'): Job => ({
  id,
  status,
  prompt: id,
  attempt: 1,
  maxAttempts: 3,
  lastEventSeq: 1,
  createdAt: '',
  updatedAt: '',
});
const page = (ids: string, nextCursor: string | null, status: Job['status'] = 'running') => ({
  jobs: [...ids].map((id) => job(id, status)),
  nextCursor,
});
const NOTHING: History = { jobs: [], cursor: undefined };
const ids = ({ jobs }: History) => jobs.map(({ id }) => id).join('');

describe('the pages of the history', () => {
  it('stand one below the other, a job that moved between two of them once', () => {
    const first = withNewest(NOTHING, page('fed', 'd'));
    const both = withOlder(first, page('dcb', 'b'));
    expect(ids(both)).toBe('fedcb');
    expect(both.cursor).toBe('b');
  });

  it('take up new jobs above and news of known ones, and keep the older pages', () => {
    const known = withOlder(withNewest(NOTHING, page('dc', 'c')), page('ba', null));
    const now = withNewest(known, page('ed', 'd', 'completed'));
    expect(ids(now)).toBe('edcba');
    expect(now.jobs.slice(0, 3).map(({ status }) => status)).toEqual(['completed', 'completed', 'running']);
    expect(now.cursor).toBeNull();
  });

  it('begin anew where so many jobs are new that some would be left out, or all are gone', () => {
    const known = withNewest(NOTHING, page('cb', 'b'));
    expect(withNewest(known, page('hg', 'g'))).toEqual({ jobs: page('hg', 'g').jobs, cursor: 'g' });
    expect(withNewest(known, page('', null))).toEqual({ jobs: [], cursor: null });
  });
});
