import type { DarkroomClient } from './client.ts';
import type { JobWatch } from './watch-state.ts';

/** How long a watch outlives its last subscriber: StrictMode mounts twice, and a route may change to the same job. */
const LINGER_MS = 500;

interface Shared {
  readonly watch: JobWatch;
  subscribers: number;
}

/** One watch per job for all who subscribe to it, opened by the first and closed soon after the last. */
export class SharedWatches {
  readonly #client: DarkroomClient;
  readonly #shared = new Map<string, Shared>();

  constructor(client: DarkroomClient) {
    this.#client = client;
  }

  /** The watch of a job somebody subscribed to. */
  get(jobId: string): JobWatch | undefined {
    return this.#shared.get(jobId)?.watch;
  }

  /** Calls `listener` after every change of the job; returns its undo. */
  subscribe(jobId: string, listener: () => void): () => void {
    const shared = this.#shared.get(jobId) ?? { watch: this.#client.watchJob(jobId), subscribers: 0 };
    this.#shared.set(jobId, shared);
    shared.subscribers += 1;
    const unsubscribe = shared.watch.subscribe(listener);
    let subscribed = true;
    return () => {
      if (!subscribed) return;
      subscribed = false;
      unsubscribe();
      shared.subscribers -= 1;
      if (shared.subscribers === 0) setTimeout(() => this.#closeUnused(jobId, shared), LINGER_MS);
    };
  }

  #closeUnused(jobId: string, shared: Shared): void {
    if (shared.subscribers > 0) return;
    shared.watch.close();
    if (this.#shared.get(jobId) === shared) this.#shared.delete(jobId);
  }
}
