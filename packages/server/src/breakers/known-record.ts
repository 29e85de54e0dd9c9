import type { BreakerState } from '../breaker.ts';
import type { Clock } from '../clock.ts';
import { type BreakerRecord, CLOSED, changesAt, stateOf } from './breaker-record.ts';

/** Timers cannot be set for longer than some weeks. */
const LONGEST_WAIT_MS = 3_600_000;

/** A breaker's record as one process knows it. Tells of each change of the state, be it by time. */
export class KnownRecord {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #record = CLOSED;
  #toldState: string;
  #stopWaiting = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#toldState = JSON.stringify(this.state);
  }

  get record(): BreakerRecord {
    return this.#record;
  }

  get state(): BreakerState {
    return stateOf(this.#record, this.#clock.now());
  }

  onChange(fn: () => void): void {
    this.#listeners.add(fn);
  }

  replace(record: BreakerRecord): void {
    this.#record = record;
    this.#look();
  }

  /** Tells nobody any more. */
  close(): void {
    this.#listeners.clear();
    this.#stopWaiting();
  }

  #look(): void {
    const now = this.#clock.now();
    const next = changesAt(this.#record, now);
    this.#stopWaiting();
    if (next !== undefined)
      this.#stopWaiting = this.#clock.after(Math.min(next - now, LONGEST_WAIT_MS), () => this.#look());
    const state = JSON.stringify(this.state);
    if (state === this.#toldState) return;
    this.#toldState = state;
    for (const listener of this.#listeners) listener();
  }
}
