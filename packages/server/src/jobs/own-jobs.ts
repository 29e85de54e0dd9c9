import type { QueuePlace } from '@darkroom/protocol';
import type { Queue } from '../queue.ts';
import type { JobFilter, JobPage, Store } from '../store.ts';
import type { JobLog } from './job-log.ts';
import type { JobService, Refusal } from './job-service.ts';
import type { QueueBoard } from './queue-board.ts';

export interface OwnJobsOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Queue;
  readonly board: QueueBoard;
  readonly jobs: JobService;
}

/** A waiting job and where it stands. */
export interface WaitingJob extends QueuePlace {
  readonly jobId: string;
}

export type MoveResult =
  | { readonly ok: true; readonly waiting: readonly WaitingJob[] }
  | ({ readonly ok: false } & Refusal);

/** What an owner does with the jobs that are its own (rules R10, R11). */
export class OwnJobs {
  readonly #options: OwnJobsOptions;
  /** By owner: who asks again while all of its jobs are being cancelled waits for that. */
  readonly #cancelling = new Map<string, Promise<readonly string[]>>();

  constructor(options: OwnJobsOptions) {
    this.#options = options;
  }

  /** A page of them, newest first, and the places of those that wait. */
  async list(
    filter: JobFilter,
    limit: number,
    cursor?: string,
  ): Promise<JobPage & { readonly places: ReadonlyMap<string, QueuePlace> }> {
    const page = await this.#options.store.listJobs(limit, cursor, filter);
    const waiting = page.jobs.filter(({ status }) => status === 'queued');
    const places = await this.#placesOf(waiting.map(({ id }) => id));
    return { ...page, places: new Map(places.map(({ jobId, ...place }) => [jobId, place])) };
  }

  /** Stops all that are not over; answers the ids of those that were stopped. */
  cancelAll(owner: string): Promise<readonly string[]> {
    const known = this.#cancelling.get(owner);
    if (known !== undefined) return known;
    const cancelling = this.#cancelAll(owner).finally(() => this.#cancelling.delete(owner));
    this.#cancelling.set(owner, cancelling);
    return cancelling;
  }

  /** Puts one that waits before another of them, or (null) behind all; everybody else keeps their place. */
  async move(owner: string, jobId: string, before: string | null): Promise<MoveResult> {
    const { log, queue, board } = this.#options;
    const moved = await log.move(owner, jobId, before);
    if (moved === undefined) return { ok: false, ...(await this.#whyNot(owner, jobId)) };
    await queue.move(moved);
    await board.refresh();
    return { ok: true, waiting: await this.#placesOf(moved.map((one) => one.jobId)) };
  }

  async #cancelAll(owner: string): Promise<readonly string[]> {
    const { store, jobs } = this.#options;
    const active = await store.listUnfinished(owner);
    return jobs.cancelAll(active.map(({ job }) => job.id));
  }

  async #whyNot(owner: string, jobId: string): Promise<Refusal> {
    const record = await this.#options.log.load(jobId);
    if (record === undefined || record.owner !== owner) return { reason: 'not-found' };
    const { status } = record.job;
    const message =
      status === 'queued' ? 'The other job is not one of yours that waits.' : `A ${status} job cannot move.`;
    return { reason: 'wrong-state', message };
  }

  async #placesOf(jobIds: readonly string[]): Promise<readonly WaitingJob[]> {
    const places = await Promise.all(
      jobIds.map(async (jobId) => ({ jobId, place: await this.#options.board.place(jobId) })),
    );
    return places.flatMap(({ jobId, place }) => (place === undefined ? [] : [{ jobId, ...place }]));
  }
}
