import type { DarkroomClient } from '@darkroom/client';
import { type Job, LIMITS, type QueuePlace } from '@darkroom/protocol';

/** One's own jobs that are not over. */
export interface OwnJobs {
  /** Those under way, then those that wait, by their places. */
  readonly jobs: readonly Job[];
  /** The places of those that wait, by job. */
  readonly places: Readonly<Record<string, QueuePlace>>;
}

/** Whether the job is in line; one that has left it is under way, or as good as. */
export function waits(job: Job, { places }: OwnJobs): boolean {
  return job.status === 'queued' && (places[job.id]?.position ?? 1) > 0;
}

/** The order of the panel: what runs first, then the line; what has no place yet came last. */
function inOrder(jobs: readonly Job[], places: OwnJobs['places']): readonly Job[] {
  const rank = ({ id, status }: Job) =>
    status === 'queued' ? (places[id]?.position ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
  // The list comes newest first.
  const oldestFirst = [...jobs].reverse();
  return oldestFirst.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

/** Reads all of them, page by page: those that are next are on the last. */
export async function readOwnJobs(client: DarkroomClient): Promise<OwnJobs> {
  const jobs = new Map<string, Job>();
  let places: OwnJobs['places'] = {};
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await client.listJobs({ mine: true, state: 'active', limit: LIMITS.jobsPerPage, cursor });
    for (const job of page.jobs) jobs.set(job.id, job);
    places = { ...places, ...page.queue };
    cursor = page.nextCursor;
  }
  return { jobs: inOrder([...jobs.values()], places), places };
}

/** The waiting jobs with one of them at another place among them. */
export function moved(waiting: readonly string[], jobId: string, to: number): readonly string[] {
  const others = waiting.filter((id) => id !== jobId);
  return [...others.slice(0, to), jobId, ...others.slice(to)];
}
