import type { Job, JobStatus } from '@darkroom/protocol';

/** Which of the loaded jobs to show. */
export interface JobFilter {
  readonly text: string;
  readonly status: JobStatus | 'all';
}

export const NO_FILTER: JobFilter = { text: '', status: 'all' };

/** The jobs whose prompt contains every word of the text, in any order and case. */
export function filterJobs(jobs: readonly Job[], { text, status }: JobFilter): readonly Job[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return jobs.filter((job) => {
    const prompt = job.prompt.toLowerCase();
    return (status === 'all' || job.status === status) && words.every((word) => prompt.includes(word));
  });
}
