import type { Job } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Queue } from '../queue.ts';
import type { JobRecord, JobTicket, Store } from '../store.ts';
import type { BackendPool } from './backend-pool.ts';
import { enqueue } from './enqueue.ts';
import type { JobLog } from './job-log.ts';
import { STRANGER_MS } from './lost-run.ts';

export interface PutBackOptions {
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Pick<Queue, 'add' | 'remove' | 'missing'>;
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** Jobs that are compared in one question. Default: 5,000. */
  readonly pageSize?: number;
}

const PAGE_SIZE = 5_000;
/** Jobs in front among which those are looked for that wait for a backend which is gone: they were begun before all others. */
const FRONT = 200;
/** Jobs that are put in line at the same time. */
const AT_ONCE = 500;

/**
 * Puts in line what waits in the store and is missing in the queue. Only ids are compared, so a million that are in both
 * cost seconds at a start, and nothing later. Any number of processes may do it at the same time: each job is in line once.
 */
export class PutBack {
  readonly #options: PutBackOptions;
  readonly #pageSize: number;
  /** The last ticket there was at the last comparison. */
  #seen = 0;
  /** Comparisons that are under way or wait to begin, one after the other. */
  #pending = 0;
  #last: Promise<void> = Promise.resolve();
  /** One of all jobs that has not begun yet: whoever asks for one more may wait for that. */
  #all: Promise<void> | undefined;
  #closed = false;

  constructor(options: PutBackOptions) {
    this.#options = options;
    this.#pageSize = options.pageSize ?? PAGE_SIZE;
  }

  /** All jobs that wait: what a start does, and what heals a queue that lost everything. */
  all(): Promise<void> {
    this.#all ??= this.#next(() => {
      this.#all = undefined;
      return this.#compareAfter(0);
    });
    return this.#all;
  }

  /**
   * Those whose turn is next, and those that have come since the last comparison: what is lost without anybody's noticing
   * is lost when it is put in line, or when it is taken. Does nothing while a comparison is under way.
   */
  async some(): Promise<void> {
    if (this.#pending > 0 || this.#closed) return;
    await this.#next(async () => {
      await this.#freeBound();
      const front = await this.#compare(0);
      const last = front.at(-1)?.ticket ?? this.#seen;
      // Of two processes one may be a moment late with a lower ticket.
      const late = this.#seen - this.#pageSize;
      if (front.length === this.#pageSize) await this.#compareAfter(Math.max(last, late));
      else this.#seen = last;
    });
  }

  /** Ends what is under way; resolves when it has. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#last;
  }

  /** Takes jobs out of line that only a backend may do which nobody has any more: they are missing then, and others may do them. */
  async #freeBound(): Promise<void> {
    const { store, queue } = this.#options;
    const front = await store.listWaiting(0, FRONT);
    const records = await store.readJobs(front.map(({ jobId }) => jobId));
    for (const { job } of records) {
      if (job.status === 'queued' && this.#missesItsBackend(job) && !this.#isAwaited(job)) await queue.remove(job.id);
    }
  }

  /** Whether a backend was left with the job's work that nobody tells of. */
  #missesItsBackend(job: Job): boolean {
    return job.upstreamId !== undefined && !this.#options.pool.isBound(job);
  }

  /** Whether the process that has that backend may still come back. */
  #isAwaited({ updatedAt }: Job): boolean {
    return this.#options.clock.now() - Date.parse(updatedAt) < STRANGER_MS;
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#pending++;
    const done = this.#last.then(work).finally(() => {
      this.#pending--;
    });
    this.#last = done.catch(() => {
      // Whoever asked for it hears of it.
    });
    return done;
  }

  async #compareAfter(ticket: number): Promise<void> {
    for (let after = ticket; !this.#closed; ) {
      const page = await this.#compare(after);
      after = page.at(-1)?.ticket ?? after;
      this.#seen = after;
      if (page.length < this.#pageSize) return;
    }
  }

  /** Compares one page of the line, and puts back what is missing of it. */
  async #compare(after: number): Promise<readonly JobTicket[]> {
    const { store, queue } = this.#options;
    const page = await store.listWaiting(after, this.#pageSize);
    const missing = await queue.missing(page.map(({ jobId }) => jobId));
    for (let first = 0; first < missing.length && !this.#closed; first += AT_ONCE) {
      const records = await store.readJobs(missing.slice(first, first + AT_ONCE));
      const inOrder = records.toSorted((a, b) => a.ticket - b.ticket);
      await Promise.all(inOrder.map((record) => this.#putBack(record)));
    }
    return page;
  }

  async #putBack(record: JobRecord): Promise<void> {
    const { store, pool } = this.#options;
    if (record.job.status !== 'queued') return;
    // What nobody here can do, or whose work is elsewhere, may be another process's to do, when that is back.
    const isElsewhere = this.#missesItsBackend(record.job) && this.#isAwaited(record.job);
    if (store.isShared && (isElsewhere || pool.namesFor(record.job).length === 0)) return;
    await enqueue(this.#options, record);
  }
}
