import type { Relay, RelayNotice } from '../../relay.ts';

/** The relay of a single process: listeners are called at once. */
export class InProcessRelay implements Relay {
  readonly #listeners = new Set<(notice: RelayNotice) => void>();

  publish(notice: RelayNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  subscribe(listener: (notice: RelayNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}
