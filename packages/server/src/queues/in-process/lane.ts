import type { QueueEntry } from '../../queue.ts';

/** Waiting entries that the same consumers may take, in order of ticket. */
export class Lane {
  readonly backends: readonly string[];
  readonly #entries: QueueEntry[] = [];

  constructor(backends: readonly string[]) {
    this.backends = backends;
  }

  get entries(): readonly QueueEntry[] {
    return this.#entries;
  }

  add(entry: QueueEntry): void {
    this.#entries.splice(this.#placeAfter(entry.ticket), 0, entry);
  }

  remove({ jobId, ticket }: QueueEntry): void {
    for (let index = this.#placeAfter(ticket) - 1; index >= 0; index--) {
      if (this.#entries[index]?.jobId !== jobId) continue;
      this.#entries.splice(index, 1);
      return;
    }
  }

  shift(): QueueEntry | undefined {
    return this.#entries.shift();
  }

  /** Index of the first entry with a higher ticket: nearly always the end. */
  #placeAfter(ticket: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.ticket ?? Number.POSITIVE_INFINITY) <= ticket) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
