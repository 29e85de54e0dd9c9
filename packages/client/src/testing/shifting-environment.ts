import { type Environment, type EnvironmentSignal, memoryStorage } from '../environment.ts';

/** Real time that a test can put forward: timers that fall due by that fire at once. */
export class ShiftingEnvironment implements Environment {
  readonly storage = memoryStorage();
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  readonly #listeners = new Set<(signal: EnvironmentSignal) => void>();
  #shift = 0;
  #next = 1;

  now(): number {
    return Date.now() + this.#shift;
  }

  random(): number {
    return 0.1;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.now() + delayMs, callback });
    const timer = setTimeout(() => this.#fire(id), delayMs);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(id);
    };
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

  /** Puts the clock forward, from one timer to the next. */
  forward(ms: number): void {
    const end = this.#shift + ms;
    for (;;) {
      const [id, due] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (id === undefined || due === undefined || due.at - Date.now() > end) break;
      this.#shift = Math.max(this.#shift, due.at - Date.now());
      this.#fire(id);
    }
    this.#shift = end;
  }

  #fire(id: number): void {
    const timer = this.#timers.get(id);
    this.#timers.delete(id);
    timer?.callback();
  }
}
