import { LIMITS, type QueuePlace } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Queue } from '../queue.ts';

/** How fast the backends are that a waiting job's turn depends on. */
export interface JobPace {
  /** Jobs they do at once, at least 1. */
  readonly capacity: number;
  /** Mean time of one picture, milliseconds; undefined until there is one. */
  readonly meanMs: number | undefined;
  /** Pictures the job is to make. */
  readonly pictures: number;
}

/**
 * What people who wait are told: their place, and how long it will be. Places are read from the queue at most once a
 * second, however many ask; the time is the mean of recent pictures times the rounds until the job's turn, and its own.
 */
export class QueueBoard {
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #paceOf: (jobId: string) => JobPace | undefined;
  #places: ReadonlyMap<string, number> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  /** `paceOf` is asked for a job that waits; undefined: no time is told. */
  constructor(queue: Queue, clock: Clock, paceOf: (jobId: string) => JobPace | undefined) {
    this.#queue = queue;
    this.#clock = clock;
    this.#paceOf = paceOf;
  }

  /** The job's place as of the last second; undefined if it does not wait. */
  async place(jobId: string): Promise<QueuePlace | undefined> {
    if (this.#clock.now() - this.#readAt >= LIMITS.queueTickMs || !this.#places.has(jobId)) await this.#read();
    return this.peek(jobId);
  }

  /** The same from the last reading, without asking the queue. */
  peek(jobId: string): QueuePlace | undefined {
    const position = this.#places.get(jobId);
    if (position === undefined) return undefined;
    const pace = this.#paceOf(jobId);
    if (pace?.meanMs === undefined) return { position };
    const rounds = Math.ceil(position / pace.capacity) + pace.pictures;
    return { position, etaMs: Math.round(rounds * pace.meanMs) };
  }

  /** Reads the queue now, once for all who ask at the same time. */
  async refresh(): Promise<void> {
    await this.#read();
  }

  #read(): Promise<void> {
    this.#reading ??= this.#queue
      .places()
      .then((places) => {
        this.#places = places;
        this.#readAt = this.#clock.now();
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}
