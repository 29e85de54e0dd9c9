import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';

/** How a fake paces its works. */
export interface StepOptions {
  /** Steps that its works may make before `allow` is called; default no limit. */
  readonly steps?: number;
  /** Milliseconds a step takes, for people and load generators; default 0: one turn of the event loop. Tests use `steps`. */
  readonly stepMs?: number;
}

/**
 * Decides when the works of one backend make their steps: each step needs a permit, then takes its time.
 * Works get permits in the order in which they asked. By default the permits never run out.
 */
export class StepGate {
  readonly #stepMs: number;
  readonly #waiting: (() => void)[] = [];
  #permits: number;
  #made = 0;

  constructor({ steps = Number.POSITIVE_INFINITY, stepMs = 0 }: StepOptions = {}) {
    this.#permits = steps;
    this.#stepMs = stepMs;
  }

  /** Steps made so far, by all works together. */
  get made(): number {
    return this.#made;
  }

  /** Works that wait for a permit now. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Permits so many more steps; without a number, every step from now on. */
  allow(steps = Number.POSITIVE_INFINITY): void {
    this.#permits += steps;
    while (this.#permits > 0 && this.#waiting.length > 0) {
      this.#permits -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Withdraws every permit that is not used yet. */
  pause(): void {
    this.#permits = 0;
  }

  /** Resolves when the work may make its next step: true, or false as soon as `signal` aborts. */
  async next(signal: AbortSignal): Promise<boolean> {
    const isMade = (await this.#acquire(signal)) && (await this.takeTime(signal));
    if (isMade) this.#made += 1;
    return isMade;
  }

  /** The time of one step, without a permit: what is no step of a work but takes as long. False as soon as `signal` aborts. */
  async takeTime(signal: AbortSignal): Promise<boolean> {
    const pause = this.#stepMs === 0 ? nextTurn(undefined, { signal }) : wait(this.#stepMs, undefined, { signal });
    await pause.catch(() => {});
    return !signal.aborted;
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#permits > 0) {
      this.#permits -= 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const admit = () => resolve(true);
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(admit), 1);
      resolve(false);
    };
    this.#waiting.push(admit);
    signal.addEventListener('abort', leave, { once: true });
    const isAdmitted = await promise;
    signal.removeEventListener('abort', leave);
    return isAdmitted;
  }
}
