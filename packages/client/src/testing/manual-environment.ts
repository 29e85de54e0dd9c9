import { type Environment, type EnvironmentSignal, memoryStorage } from '../environment.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that only a test moves: no timer fires by itself, however long the test or the network takes. */
export class ManualEnvironment implements Environment {
  readonly storage = memoryStorage();
  readonly #timers = new Map<number, Timer>();
  readonly #listeners = new Set<(signal: EnvironmentSignal) => void>();
  #now = 1_767_225_600_000;
  #next = 1;

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.1;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + delayMs, callback });
    return () => this.#timers.delete(id);
  }

  listen(listener: (signal: EnvironmentSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something happens to the page. */
  signal(signal: EnvironmentSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Time until the first timer fires; undefined: none waits. */
  get dueInMs(): number | undefined {
    const first = this.#first();
    return first === undefined ? undefined : first[1].at - this.#now;
  }

  /** Puts the clock forward, from one timer to the next. */
  forward(ms: number): void {
    const end = this.#now + ms;
    for (let first = this.#first(); first !== undefined && first[1].at <= end; first = this.#first()) {
      const [id, { at, callback }] = first;
      this.#now = Math.max(this.#now, at);
      this.#timers.delete(id);
      callback();
    }
    this.#now = end;
  }

  #first(): [number, Timer] | undefined {
    return [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0];
  }
}
