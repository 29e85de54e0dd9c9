import { LIMITS, type QueuePlace } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { Queue } from '../queue.ts';

/** Weight of the newest run in the mean. */
const LEARNING_RATE = 0.2;

/**
 * What people who wait are told: their place, and how long it will be. Places are read from the queue at most once a
 * second, however many ask; the time is the mean of recent runs times the rounds until the job's turn and end.
 */
export class QueueBoard {
  readonly #queue: Queue;
  readonly #clock: Clock;
  /** Jobs served at once by all providers together. */
  readonly #capacity: number;
  #meanRunMs: number | undefined;
  #places: ReadonlyMap<string, number> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(queue: Queue, clock: Clock, capacity: number) {
    this.#queue = queue;
    this.#clock = clock;
    this.#capacity = Math.max(1, capacity);
  }

  /** A run took this long. */
  learn(runMs: number): void {
    this.#meanRunMs =
      this.#meanRunMs === undefined ? runMs : this.#meanRunMs + LEARNING_RATE * (runMs - this.#meanRunMs);
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
    if (this.#meanRunMs === undefined) return { position };
    const rounds = Math.ceil(position / this.#capacity) + 1;
    return { position, etaMs: Math.round(rounds * this.#meanRunMs) };
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
