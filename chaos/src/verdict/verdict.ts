import { setTimeout as wait } from 'node:timers/promises';
import type { WorkRecord } from '@darkroom/fake-backends';
import { type Job, JobListResponse, JobSnapshotResponse, type ProgressEvent } from '@darkroom/protocol';
import type { LoadResult } from '../load/load.ts';
import { endErrors, logErrors, sightingErrors } from './check-log.ts';
import { pictureErrors, pictureUrls } from './check-pictures.ts';
import { doubledWorks, repeatedWorks } from './check-works.ts';

/** What a run came to: figures for a table, and whatever was not as it must be. */
export interface Verdict {
  readonly figures: Readonly<Record<string, number | string>>;
  readonly errors: readonly string[];
}

export interface VerdictOptions {
  readonly load: LoadResult;
  /** Of every gateway: what one says, the others must say too. */
  readonly gatewayUrls: readonly string[];
  /** Journals of all backends. */
  readonly works: readonly WorkRecord[];
}

interface Told {
  readonly job: Job;
  readonly events: readonly ProgressEvent[];
}

const TRIES = 5;
const AGAIN_MS = 1_000;

/** Everything is whole by now, but may still be slow. */
async function readJson(url: string): Promise<unknown> {
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      return await response.json();
    } catch (thrown) {
      if (tries === TRIES) throw thrown;
    }
    await wait(AGAIN_MS);
  }
}

async function readJob(base: string, id: string): Promise<Told> {
  const events: ProgressEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? 0;
    const answer = JobSnapshotResponse.parse(await readJson(`${base}/api/jobs/${id}?after=${after}`));
    events.push(...answer.events);
    if (answer.events.length === 0) return { job: answer.job, events };
  }
}

/** Ids of all jobs there are. */
async function listIds(base: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: JobListResponse = JobListResponse.parse(await readJson(`${base}/api/jobs?limit=100${query}`));
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return ids;
}

/** Jobs that were acknowledged and are not there, and jobs that nobody was told of. */
function countErrors(load: LoadResult, ids: readonly string[]): readonly string[] {
  const acknowledged = new Set(load.acknowledged.map(({ id }) => id));
  const missing = [...acknowledged].filter((id) => !ids.includes(id)).map((id) => `${id} is lost`);
  const surplus = ids.filter((id) => !acknowledged.has(id)).map((id) => `${id} was made by nobody`);
  return [...missing, ...surplus];
}

/** Nothing that a chaos run asks for is wrong: a failure passes, and ends a job only when its attempts are used. */
function failureErrors(jobs: readonly Job[]): readonly string[] {
  return jobs.flatMap(({ id, status, error }) =>
    status === 'failed' && error?.retryable !== true ? [`${id}: failed for good: ${error?.message}`] : [],
  );
}

const count = (jobs: readonly Job[], status: Job['status']) => jobs.filter((job) => job.status === status).length;

/** Reads everything that is left after a run, and says what is wrong with it. */
export async function judge({ load, gatewayUrls, works }: VerdictOptions): Promise<Verdict> {
  const [first = '', ...others] = gatewayUrls;
  const told = new Map<string, Told>();
  const errors: string[] = [...countErrors(load, await listIds(first))];
  for (const { id } of load.acknowledged) {
    const { job, events } = await readJob(first, id);
    told.set(id, { job, events });
    errors.push(...logErrors(id, events), ...endErrors(job));
    for (const other of others) errors.push(...sightingErrors((await readJob(other, id)).events, events, other));
  }
  for (const { kind, jobId, events } of load.sightings)
    errors.push(...sightingErrors(events, told.get(jobId)?.events ?? [], `a watcher (${kind}) of ${jobId}`));
  const jobs = [...told.values()].map(({ job }) => job);
  const events = [...told.values()].flatMap((each) => each.events);
  const urls = pictureUrls(events);
  errors.push(...failureErrors(jobs), ...(await pictureErrors(first, urls)), ...doubledWorks(works));
  const failures = events.flatMap(({ stage, error }) => (stage === 'failed' ? [error?.message ?? ''] : []));
  return {
    errors,
    figures: {
      'jobs acknowledged': load.acknowledged.length,
      completed: count(jobs, 'completed'),
      cancelled: count(jobs, 'cancelled'),
      'failed, every attempt used': count(jobs, 'failed'),
      'failures on the way': failures.length,
      ...Object.fromEntries([...Map.groupBy(failures, (text) => `  ${text}`)].map(([text, all]) => [text, all.length])),
      'jobs with several attempts': jobs.filter(({ attempt }) => attempt > 1).length,
      events: events.length,
      'watched to the end': load.sightings.length,
      'events seen by watchers': load.sightings.reduce((sum, sighting) => sum + sighting.events.length, 0),
      'pictures opened': urls.length,
      'works at the backends': works.length,
      'of them begun again': repeatedWorks(works),
    },
  };
}
