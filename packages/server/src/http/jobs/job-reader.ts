import { isFinal, LIMITS, type QueuePlace, type ResetReason, withoutAddress } from '@darkroom/protocol';
import type { Clock } from '../../clock.ts';
import type { LoggedEvent } from '../../jobs/hot-jobs.ts';
import type { JobLog } from '../../jobs/job-log.ts';
import type { QueueBoard } from '../../jobs/queue-board.ts';
import type { JobRecord } from '../../store.ts';
import type { LiveCounts } from '../live/live-counts.ts';

/** An answer to a poll, ready to be sent. */
export interface JobView {
  readonly etag: string;
  readonly body: string;
  /** Events in it. */
  readonly events: number;
}

export interface WaitOptions {
  readonly after: number | undefined;
  readonly epoch: string | undefined;
  readonly waitMs: number;
  /** Aborted when the reader is gone. */
  readonly signal: AbortSignal;
}

interface Part {
  readonly events: readonly LoggedEvent[];
  readonly reset: ResetReason | undefined;
}

/** Answers kept per state of a job; more different `after`s than this are rare. */
const MAX_VIEWS = 16;

/** Answers polls (rules H1–H3). What many ask about the same state of a job is put together once. */
export class JobReader {
  readonly #log: JobLog;
  readonly #board: QueueBoard;
  /** By the job's record, which is replaced at every event. */
  readonly #views = new WeakMap<JobRecord, Map<number | undefined, JobView>>();
  readonly #counts: LiveCounts['polls'];
  readonly #clock: Clock;

  constructor(log: JobLog, board: QueueBoard, counts: LiveCounts['polls'], clock: Clock) {
    this.#log = log;
    this.#board = board;
    this.#counts = counts;
    this.#clock = clock;
  }

  /** The answer, if it was given before and nothing happened since: the hot path, without a promise. */
  peek(jobId: string, after: number | undefined, epoch: string | undefined): JobView | undefined {
    const record = this.#log.peek(jobId);
    if (record === undefined || (epoch !== undefined && epoch !== record.epoch)) return undefined;
    return this.#views.get(record)?.get(after);
  }

  /** Undefined for an unknown job. */
  async read(jobId: string, after: number | undefined, epoch: string | undefined): Promise<JobView | undefined> {
    const record = await this.#log.loadFor(jobId, { seq: after ?? 0, epoch });
    if (record === undefined) return undefined;
    const { job } = record;
    const queue = job.status === 'queued' ? await this.#board.place(jobId) : undefined;
    const part = await this.#part(record, after, epoch);
    const etag = `"${record.epoch}-${job.lastEventSeq}-${job.status}${queue === undefined ? '' : `-${queue.position}`}"`;
    const view = { etag, body: compose(record, part, queue), events: part.events.length };
    if (job.status !== 'queued' && part.reset === undefined) this.#keep(record, after, view);
    return view;
  }

  /** Resolves when there is an event after `after`, or the time is up, or the reader is gone, or too many wait already. */
  async waitForNews(jobId: string, { after, epoch, waitMs, signal }: WaitOptions): Promise<void> {
    if (this.#counts.held >= LIMITS.maxWaiters) return;
    this.#counts.held++;
    const { promise, resolve } = Promise.withResolvers<void>();
    let known = after;
    const isNews = () => {
      const record = this.#log.peek(jobId);
      if (record === undefined || (epoch !== undefined && epoch !== record.epoch)) return true;
      known ??= record.job.lastEventSeq;
      // Nothing can follow the end.
      return record.job.lastEventSeq !== known || isFinal(record.job);
    };
    const stopTimer = this.#clock.after(waitMs, resolve);
    signal.addEventListener('abort', () => resolve());
    let unwatch: (() => void) | undefined;
    try {
      unwatch = await this.#log.watch(jobId, () => isNews() && resolve());
      if (!isNews() && !signal.aborted) await promise;
    } finally {
      stopTimer();
      unwatch?.();
      this.#counts.held--;
    }
  }

  #keep(record: JobRecord, after: number | undefined, view: JobView): void {
    const views = this.#views.get(record) ?? new Map<number | undefined, JobView>();
    if (views.size >= MAX_VIEWS) views.clear();
    this.#views.set(record, views.set(after, view));
  }

  async #part({ job, epoch: current }: JobRecord, after: number | undefined, epoch: string | undefined): Promise<Part> {
    if (after === undefined) return { events: [], reset: undefined };
    const reset = epoch !== undefined && epoch !== current ? 'epoch' : after > job.lastEventSeq ? 'ahead' : undefined;
    const events = await this.#log.readEvents(job.id, reset === undefined ? after : 0);
    // The log may have grown meanwhile; an answer is one moment of it.
    return { events: events.filter(({ event }) => event.seq <= job.lastEventSeq), reset };
  }
}

function compose({ job, epoch }: JobRecord, { events, reset }: Part, queue: QueuePlace | undefined): string {
  const last = events.at(-1);
  const more = last !== undefined && last.event.seq < job.lastEventSeq;
  return (
    `{"job":${JSON.stringify(withoutAddress(job))},"epoch":"${epoch}","head":${job.lastEventSeq}` +
    `,"events":[${events.map(({ json }) => json).join(',')}],"more":${more}` +
    `${reset === undefined ? '' : `,"reset":"${reset}"`}${queue === undefined ? '' : `,"queue":${JSON.stringify(queue)}`}}`
  );
}
