import { setTimeout as wait } from 'node:timers/promises';

/** Time limits of works: each passes when its time is over, or at once on command. */
export class Deadlines {
  readonly #life = new AbortController();
  readonly #pending = new Set<() => void>();

  /** Calls `onPassed` once, after `ms` or at `pass`. */
  add(ms: number, onPassed: () => void): void {
    this.#pending.add(onPassed);
    wait(ms, undefined, { signal: this.#life.signal, ref: false })
      .then(() => this.#end(onPassed))
      .catch(() => {});
  }

  /** Every limit is over now. */
  pass(): void {
    for (const onPassed of this.#pending) this.#end(onPassed);
  }

  close(): void {
    this.#life.abort();
    this.#pending.clear();
  }

  #end(onPassed: () => void): void {
    if (this.#pending.delete(onPassed)) onPassed();
  }
}
