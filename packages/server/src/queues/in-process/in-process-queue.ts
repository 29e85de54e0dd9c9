import type { ConsumeOptions, Consumer, Queue, QueueEntry } from '../../queue.ts';
import { Lane } from './lane.ts';

/** A consumer and what it has in hand. */
interface Hand extends Consumer {
  readonly free: number;
  mayTake(lane: Lane): boolean;
  take(entry: QueueEntry): void;
}

const laneKey = (backends: readonly string[]) => JSON.stringify(backends);

const only = (jobIds: readonly string[], places: ReadonlyMap<string, number>) =>
  new Map(
    jobIds.flatMap((jobId) => {
      const place = places.get(jobId);
      return place === undefined ? [] : [[jobId, place]];
    }),
  );

/** The queue of a single process: entries in order of ticket, handed to whoever has a hand free and may take them. */
export class InProcessQueue implements Queue {
  /** Those with entries, by their backends' names: few, however many jobs wait. */
  readonly #lanes = new Map<string, Lane>();
  /** Waiting entries by job; null while a job is being worked on. */
  readonly #known = new Map<string, QueueEntry | null>();
  readonly #hands = new Set<Hand>();
  #size = 0;

  async add(entry: QueueEntry): Promise<void> {
    if (this.#known.has(entry.jobId)) return;
    this.#insert(entry);
    this.#serve();
  }

  async remove(jobId: string): Promise<void> {
    this.#takeOut(jobId);
  }

  async move(tickets: readonly Pick<QueueEntry, 'jobId' | 'ticket'>[]): Promise<void> {
    const moved = tickets.flatMap(({ jobId, ticket }) => {
      const entry = this.#takeOut(jobId);
      return entry === undefined ? [] : [{ ...entry, ticket }];
    });
    for (const entry of moved) this.#insert(entry);
  }

  async missing(jobIds: readonly string[]): Promise<readonly string[]> {
    return jobIds.filter((jobId) => !this.#known.has(jobId));
  }

  consume({ names, concurrency, accepts, run }: ConsumeOptions): Consumer {
    const working = new Set<Promise<void>>();
    let stopped = false;
    const hand: Hand = {
      get running() {
        return working.size;
      },
      get free() {
        return stopped ? 0 : concurrency - working.size;
      },
      mayTake: ({ backends }) => names.some((name) => backends.includes(name)) && (accepts?.(backends) ?? true),
      take: (entry) => {
        const work = run(entry).then((again) => {
          working.delete(work);
          this.#known.delete(entry.jobId);
          if (again !== undefined) this.#insert(again);
          this.#serve();
        });
        working.add(work);
      },
      wake: () => this.#serve(),
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
    return this.#size;
  }

  async places(jobIds?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const entries = [...this.#lanes.values()].flatMap((lane) => lane.entries);
    // The sort merges what is in order already: lanes cost next to nothing.
    if (this.#lanes.size > 1) entries.sort((a, b) => a.ticket - b.ticket);
    const places = new Map(entries.map((entry, index) => [entry.jobId, index + 1]));
    return jobIds === undefined ? places : only(jobIds, places);
  }

  /** It is lost with its process only. */
  onLost(): () => void {
    return () => {};
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all([...this.#hands].map((hand) => hand.stop()));
    this.#lanes.clear();
    this.#known.clear();
    this.#size = 0;
  }

  #takeOut(jobId: string): QueueEntry | undefined {
    const entry = this.#known.get(jobId);
    if (entry === undefined || entry === null) return undefined;
    const lane = this.#lanes.get(laneKey(entry.backends));
    lane?.remove(entry);
    if (lane !== undefined) this.#took(lane);
    this.#known.delete(jobId);
    return entry;
  }

  #insert(entry: QueueEntry): void {
    const key = laneKey(entry.backends);
    const lane = this.#lanes.get(key) ?? new Lane(entry.backends);
    this.#lanes.set(key, lane);
    lane.add(entry);
    this.#known.set(entry.jobId, entry);
    this.#size++;
  }

  #serve(): void {
    for (const hand of this.#hands) {
      for (let lane = this.#laneFor(hand); lane !== undefined; lane = this.#laneFor(hand)) {
        const entry = lane.shift();
        if (entry === undefined) break;
        this.#took(lane);
        this.#known.set(entry.jobId, null);
        hand.take(entry);
      }
    }
  }

  /** The lane whose first entry is the hand's next. */
  #laneFor(hand: Hand): Lane | undefined {
    if (hand.free <= 0) return undefined;
    let next: Lane | undefined;
    let lowest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      const ticket = lane.entries[0]?.ticket ?? Number.POSITIVE_INFINITY;
      if (ticket >= lowest || !hand.mayTake(lane)) continue;
      next = lane;
      lowest = ticket;
    }
    return next;
  }

  #took(lane: Lane): void {
    this.#size--;
    if (lane.entries.length === 0) this.#lanes.delete(laneKey(lane.backends));
  }
}
