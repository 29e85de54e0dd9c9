import { type Job, LIMITS, type ProgressEvent, withoutAddress } from '@darkroom/protocol';
import type { JobRecord } from '../store.ts';

/** An event and its JSON as subscribers get it, serialised once for all of them. */
export interface LoggedEvent {
  readonly event: ProgressEvent;
  readonly json: string;
}

export const logged = (event: ProgressEvent): LoggedEvent => ({ event, json: JSON.stringify(withoutAddress(event)) });

/** A job that is read or written now: its record and its newest events. */
export interface HotJob {
  record: JobRecord;
  /** The job as it will be when the writes under way are done. */
  tip: Job;
  pendingWrites: number;
  /** Resolves when the newest write is over, well or not. */
  lastWrite: Promise<unknown>;
  /** Contiguous, the last one is the head; possibly none. */
  ring: LoggedEvent[];
  /** The store is being asked what is new, once for all who want to know. */
  reading: Promise<void> | undefined;
  /** The highest head that was heard of since that was asked; `Infinity`: to be asked in any case. */
  wanted: number;
  readonly watchers: Set<() => void>;
}

/** How much is kept in memory. */
export type RingBounds = Readonly<Record<'ringEvents' | 'ringJobs', number>>;

const MAX_RING_CHARS = 256 * 1024;

/**
 * The jobs in memory, in order of loading. What is watched or being written stays; of the rest, what was loaded first goes
 * first. Where too many are watched, those loaded first lose their events, which are in the store: subscriptions cost little
 * memory, however many jobs clients name.
 */
export class HotJobs {
  readonly bounds: RingBounds;
  readonly #jobs = new Map<string, HotJob>();

  constructor(bounds: Partial<RingBounds>) {
    this.bounds = { ringEvents: LIMITS.ringEvents, ringJobs: LIMITS.ringJobs, ...bounds };
  }

  get(jobId: string): HotJob | undefined {
    return this.#jobs.get(jobId);
  }

  /** Ids of those that are not being written. */
  get settledIds(): readonly string[] {
    return [...this.#jobs].flatMap(([jobId, { pendingWrites }]) => (pendingWrites === 0 ? [jobId] : []));
  }

  /** Keeps a job that was just made or read. */
  add(record: JobRecord, events: readonly ProgressEvent[]): HotJob {
    const hot: HotJob = {
      record,
      tip: record.job,
      pendingWrites: 0,
      lastWrite: Promise.resolve(),
      ring: [],
      reading: undefined,
      wanted: 0,
      watchers: new Set(),
    };
    this.push(hot, events);
    this.#jobs.delete(record.job.id);
    this.#jobs.set(record.job.id, hot);
    this.#evict();
    return hot;
  }

  /** Keeps the job until the undo is called. Only what is here hears of appends, and another load may have pushed it out meanwhile. */
  watch(jobId: string, hot: HotJob, wake: () => void): () => void {
    const known = this.#jobs.get(jobId);
    const kept = known ?? hot;
    kept.watchers.add(wake);
    if (known === undefined) {
      this.#jobs.set(jobId, kept);
      this.#evict();
    }
    return () => {
      kept.watchers.delete(wake);
      if (kept.watchers.size === 0) this.#evict();
    };
  }

  /** Adds events that follow on, and drops the oldest beyond the bounds. */
  push({ ring }: HotJob, events: readonly ProgressEvent[]): void {
    ring.push(...events.map(logged));
    let chars = 0;
    if (ring.length > this.bounds.ringEvents / 2) for (const entry of ring) chars += entry.json.length;
    while (ring.length > this.bounds.ringEvents || (chars > MAX_RING_CHARS && ring.length > 1)) {
      chars -= ring.shift()?.json.length ?? 0;
    }
  }

  delete(jobId: string): void {
    this.#jobs.delete(jobId);
  }

  clear(): void {
    this.#jobs.clear();
  }

  #evict(): void {
    if (this.#jobs.size <= this.bounds.ringJobs) return;
    for (const [jobId, hot] of this.#jobs) {
      if (hot.watchers.size === 0 && hot.pendingWrites === 0) this.#jobs.delete(jobId);
      if (this.#jobs.size <= this.bounds.ringJobs) return;
    }
    let excess = this.#jobs.size - this.bounds.ringJobs;
    for (const hot of this.#jobs.values()) {
      if (excess-- === 0) return;
      hot.ring = [];
    }
  }
}
