import { LIMITS, type QueuePlace } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Queue } from '../queue.ts';

/** How fast the backends are that a waiting job's turn depends on. */
export interface JobPace {
  /** Jobs they do at once, at least 1. */
  readonly capacity: number;
  /** Mean time of one picture, milliseconds; undefined until there is one. */
  readonly meanMs: number | undefined;
  /** The same of pictures like the job's own. */
  readonly ownMs: number | undefined;
  /** Pictures the job is to make. */
  readonly pictures: number;
}

/** Whose place nobody asked for so long is not read any more. */
const FORGET_MS = 3 * LIMITS.queueTickMs;

/**
 * What people who wait are told: their place, and how long it will be. Places are read from the queue at most once a
 * second, however many ask; the time is the mean of recent pictures times the rounds until the job's turn, and then that of its own pictures,
 * measured on others of their size and steps.
 */
export class QueueBoard {
  readonly #queue: Pick<Queue, 'places'>;
  readonly #clock: Clock;
  readonly #paceOf: (jobId: string) => JobPace | undefined;
  #places: ReadonlyMap<string, number> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** Jobs whose place somebody wants to know, and when that was last asked. */
  readonly #asked = new Map<string, number>();

  /** `paceOf` is asked for a job that waits; undefined: no time is told. */
  constructor(queue: Pick<Queue, 'places'>, clock: Clock, paceOf: (jobId: string) => JobPace | undefined) {
    this.#queue = queue;
    this.#clock = clock;
    this.#paceOf = paceOf;
  }

  /** The job's place as of the last second; undefined if it does not wait. */
  async place(jobId: string): Promise<QueuePlace | undefined> {
    const isNew = !this.#asked.has(jobId);
    this.#ask(jobId);
    // A reading under way began without it.
    if (isNew) await this.#reading;
    if (this.#clock.now() - this.#readAt >= LIMITS.queueTickMs || !this.#places.has(jobId)) await this.#read();
    return this.peek(jobId);
  }

  /** The same from the last reading, without asking the queue. */
  peek(jobId: string): QueuePlace | undefined {
    const position = this.#places.get(jobId);
    if (position === undefined) return undefined;
    const pace = this.#paceOf(jobId);
    if (pace?.meanMs === undefined) return { position };
    const { capacity, meanMs, ownMs = meanMs, pictures } = pace;
    const rounds = Math.ceil(position / capacity);
    return { position, etaMs: Math.round(rounds * meanMs + pictures * ownMs) };
  }

  /** Reads the queue now, once for all who ask at the same time; for these jobs too from now on. */
  async refresh(jobIds: Iterable<string> = []): Promise<void> {
    for (const jobId of jobIds) this.#ask(jobId);
    await this.#read();
  }

  #ask(jobId: string): void {
    this.#asked.set(jobId, this.#clock.now());
  }

  /** Of all jobs at one moment, so that no two have the same place. */
  #read(): Promise<void> {
    this.#reading ??= this.#queue
      .places(this.#stillAsked())
      .then((places) => {
        this.#places = places;
        this.#readAt = this.#clock.now();
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #stillAsked(): readonly string[] {
    const since = this.#clock.now() - FORGET_MS;
    for (const [jobId, at] of this.#asked) if (at < since) this.#asked.delete(jobId);
    return [...this.#asked.keys()];
  }
}
