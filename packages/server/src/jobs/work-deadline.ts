import type { Clock } from '../clock.ts';

/**
 * The longest time that one try may take at its backend. Time in the backend's own queue does not count: it begins anew
 * when the work does.
 */
export class WorkDeadline {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #stop = new AbortController();
  readonly #reason: () => Error;
  #undo: (() => void) | undefined;
  #beganAt = 0;

  /** Begins at once. `reason` makes what the signal is aborted with. */
  constructor(clock: Clock, limitMs: number, reason: () => Error) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#reason = reason;
    this.#begin();
  }

  /** Aborted when the time is up. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Time spent working since it began, or began anew; milliseconds. */
  get workedMs(): number {
    return this.#clock.now() - this.#beganAt;
  }

  /** The backend says whether it is working or has the work waiting. */
  heard(isWaiting: boolean): void {
    if (isWaiting) this.clear();
    else if (this.#undo === undefined) this.#begin();
  }

  /** It will not abort any more. */
  clear(): void {
    this.#undo?.();
    this.#undo = undefined;
  }

  #begin(): void {
    this.#beganAt = this.#clock.now();
    this.#undo = this.#clock.after(this.#limitMs, () => this.#stop.abort(this.#reason()));
  }
}
