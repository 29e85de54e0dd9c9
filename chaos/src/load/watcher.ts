import { createClient, type DarkroomClient, type JobWatch } from '@darkroom/client';
import type { ProgressEvent } from '@darkroom/protocol';
import type { Random } from '../../../packages/server/src/testing/random.ts';
import type { WatcherKind } from './load-plan.ts';

/** What a watcher saw of one job, from its beginning to its end. */
export interface Sighting {
  readonly kind: WatcherKind;
  readonly jobId: string;
  readonly events: readonly ProgressEvent[];
}

/** Where WebSocket cannot be had. */
class NoWebSocket {
  constructor() {
    throw new Error('no WebSocket here');
  }
}

/** Mean pause after which a wandering watcher changes its way of reading. */
const WANDER_MS = 3_000;

/** Somebody who watches jobs, one after the other, with a client of their own. */
export class Watcher {
  readonly kind: WatcherKind;
  readonly #client: DarkroomClient;
  readonly #random: Random;
  #watch: JobWatch | undefined;

  constructor(url: string, kind: WatcherKind, random: Random) {
    this.kind = kind;
    this.#random = random;
    this.#client = createClient({
      baseUrl: url,
      // The client takes the constructor as it is; all that it does with this one is fail.
      ...(kind === 'sse' && { WebSocket: NoWebSocket as unknown as typeof WebSocket }),
    });
  }

  /** Watches a job until it is final; `close` ends that early. */
  async watch(jobId: string): Promise<Sighting> {
    const watch = this.#client.watchJob(jobId);
    this.#watch = watch;
    if (this.kind === 'poll') watch.switchToPolling();
    const stop = this.kind === 'wandering' ? this.#wander(watch) : () => {};
    const events: ProgressEvent[] = [];
    try {
      for await (const event of watch) events.push(event);
    } finally {
      stop();
      watch.close();
      this.#watch = undefined;
    }
    return { kind: this.kind, jobId, events };
  }

  get isWatching(): boolean {
    return this.#watch !== undefined;
  }

  /** The job it watches now. */
  get jobId(): string | undefined {
    return this.#watch?.jobId;
  }

  /** How it reads now, and how far it is; for when it comes to no end. */
  get state(): string {
    const state = this.#watch?.getSnapshot();
    return state === undefined ? 'idle' : `${state.phase} over ${state.mode}, ${state.events.length} events`;
  }

  close(): void {
    this.#client.close();
  }

  #wander(watch: JobWatch): () => void {
    let polls = false;
    let timer: NodeJS.Timeout;
    const next = () => {
      timer = setTimeout(
        () => {
          polls = !polls;
          if (polls) watch.switchToPolling();
          else watch.reconnect();
          next();
        },
        WANDER_MS * (0.5 + this.#random.next()),
      );
    };
    next();
    return () => clearTimeout(timer);
  }
}
