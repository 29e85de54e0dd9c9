export interface GateOptions {
  /** Maximum work at once. */
  readonly slots: number;
  /** Maximum work at once of one client; default: `slots`. */
  readonly slotsPerClient?: number;
}

export interface Entrant {
  /** Whose work it is. Default: one client, to whom all such work belongs. */
  readonly client?: string | undefined;
  /** Ends the wait: `pass` then rejects with its reason. What has begun goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** Limits how much work runs at once. Clients that wait take turns, whatever number of entries each has. */
export class Gate {
  readonly #options: Required<GateOptions>;
  #running = 0;
  readonly #runningOf = new Map<string, number>();
  /** In the order of their next turns; no list is empty. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor({ slots, slotsPerClient = slots }: GateOptions) {
    this.#options = { slots, slotsPerClient };
  }

  /** Does the work when its turn has come. */
  async pass<T>(work: () => Promise<T>, { client = '', signal }: Entrant = {}): Promise<T> {
    signal?.throwIfAborted();
    if (this.#hasRoom && this.#mayEnter(client)) this.#enter(client);
    else await this.#turn(client, signal);
    try {
      return await work();
    } finally {
      this.#leave(client);
    }
  }

  get #hasRoom(): boolean {
    return this.#running < this.#options.slots;
  }

  #mayEnter(client: string): boolean {
    return (this.#runningOf.get(client) ?? 0) < this.#options.slotsPerClient;
  }

  #enter(client: string): void {
    this.#running++;
    this.#runningOf.set(client, (this.#runningOf.get(client) ?? 0) + 1);
  }

  /** Resolves when `client` has entered. */
  #turn(client: string, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = () => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      const list = this.#waiting.get(client) ?? [];
      list.splice(list.indexOf(begin), 1);
      if (list.length === 0) this.#waiting.delete(client);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    const list = this.#waiting.get(client);
    if (list === undefined) this.#waiting.set(client, [begin]);
    else list.push(begin);
    return promise;
  }

  #leave(client: string): void {
    this.#running--;
    const left = (this.#runningOf.get(client) ?? 0) - 1;
    if (left > 0) this.#runningOf.set(client, left);
    else this.#runningOf.delete(client);
    this.#admit();
  }

  /** Lets the next client in that may enter; its turn after this one comes when all others have had theirs. */
  #admit(): void {
    for (const [client, list] of this.#waiting) {
      if (!this.#mayEnter(client)) continue;
      const begin = list.shift();
      this.#waiting.delete(client);
      if (list.length > 0) this.#waiting.set(client, list);
      this.#enter(client);
      begin?.();
      return;
    }
  }
}
