import type { Job, JobListResponse } from '@darkroom/protocol';

/** The pages of the history that are known, newest job first. */
export interface History {
  readonly jobs: readonly Job[];
  /** Where the next page begins; null: there is none. Undefined: nothing was loaded yet. */
  readonly cursor: string | null | undefined;
}

/** Two runs of jobs one below the other; a job that is in both is taken from the first. */
function joined(above: readonly Job[], below: readonly Job[]): readonly Job[] {
  const ids = new Set(above.map((job) => job.id));
  return [...above, ...below.filter((job) => !ids.has(job.id))];
}

/** With the next, older page at the end. */
export function withOlder({ jobs }: History, older: JobListResponse): History {
  return { jobs: joined(jobs, older.jobs), cursor: older.nextCursor };
}

/** With the newest page as it is now. Where it does not reach what is known, everything begins anew: no job is left out. */
export function withNewest({ jobs, cursor }: History, newest: JobListResponse): History {
  const ids = new Set(newest.jobs.map((job) => job.id));
  const reaches = cursor !== undefined && jobs.some((job) => ids.has(job.id));
  return reaches ? { jobs: joined(newest.jobs, jobs), cursor } : { jobs: newest.jobs, cursor: newest.nextCursor };
}
