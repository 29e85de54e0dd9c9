import type { ConsumeOptions, Consumer, Queue, QueueEntry } from '../../queue.ts';

/** A consumer and what it has in hand. */
interface Hand extends Consumer {
  readonly free: number;
  take(entry: QueueEntry): void;
}

/** The queue of a single process: entries in order of ticket, handed to whoever has a hand free. */
export class InProcessQueue implements Queue {
  /** In order of ticket. */
  readonly #waiting: QueueEntry[] = [];
  readonly #known = new Set<string>();
  readonly #hands = new Set<Hand>();

  async add(entry: QueueEntry): Promise<void> {
    if (this.#known.has(entry.jobId)) return;
    this.#known.add(entry.jobId);
    this.#waiting.splice(this.#placeOf(entry.ticket), 0, entry);
    this.#serve();
  }

  async remove(jobId: string): Promise<void> {
    const index = this.#waiting.findIndex((entry) => entry.jobId === jobId);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    this.#known.delete(jobId);
  }

  consume({ concurrency, run }: ConsumeOptions): Consumer {
    const working = new Set<Promise<void>>();
    let stopped = false;
    const hand: Hand = {
      get running() {
        return working.size;
      },
      get free() {
        return stopped ? 0 : concurrency - working.size;
      },
      take: (entry) => {
        const work = run(entry).finally(() => {
          working.delete(work);
          this.#known.delete(entry.jobId);
          this.#serve();
        });
        working.add(work);
      },
      stop: async () => {
        stopped = true;
        this.#hands.delete(hand);
        await Promise.allSettled(working);
      },
    };
    this.#hands.add(hand);
    this.#serve();
    return hand;
  }

  async size(): Promise<number> {
    return this.#waiting.length;
  }

  async places(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#waiting.map((entry, index) => [entry.jobId, index + 1]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hands].map((hand) => hand.stop()));
    this.#waiting.length = 0;
    this.#known.clear();
  }

  #serve(): void {
    for (const hand of this.#hands) {
      while (hand.free > 0) {
        const entry = this.#waiting.shift();
        if (entry === undefined) return;
        hand.take(entry);
      }
    }
  }

  /** Index of the first entry with a higher ticket: nearly always the end. */
  #placeOf(ticket: number): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle]?.ticket ?? Number.POSITIVE_INFINITY) <= ticket) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
