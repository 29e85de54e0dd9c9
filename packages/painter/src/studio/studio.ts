import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
// Loaded here as well: sharp's native part has to be there before the first worker that uses it.
import 'sharp';
import type { PictureOrder } from '../paint-picture.ts';
import type { Answer, Request } from './studio-messages.ts';

/** A picture under way. Its calls are made one after another; `drop` ends it whenever. */
export interface Painting {
  /** JPEG of the state after `step` of `steps`; the last one is the picture. */
  preview(step: number, steps: number): Promise<Uint8Array>;
  /** The finished picture as PNG, with texts written into it. */
  picture(texts: Readonly<Record<string, string>>): Promise<Uint8Array>;
  /** Frees what it holds. May be called twice. */
  drop(): void;
}

/** Worker threads that paint, so that the thread that serves requests never waits for pixels. */
export interface Studio {
  /** Begins a picture; resolves when it is composed and painted, ready to be revealed. Rejects with the signal's reason. */
  open(order: PictureOrder, signal?: AbortSignal): Promise<Painting>;
  /** Stops every thread. May be called twice. */
  close(): Promise<void>;
}

interface Waiter {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** One worker and the requests it has not answered. */
class Bench {
  readonly #worker = new Worker(new URL('./studio-worker.ts', import.meta.url));
  readonly #waiters = new Map<number, Waiter>();
  readonly #gone: Promise<void>;
  paintings = 0;
  alive = true;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', ({ id, ...answer }: Answer) => {
      const waiter = this.#waiters.get(id);
      this.#waiters.delete(id);
      if (answer.ok) waiter?.resolve(answer.bytes);
      else waiter?.reject(new Error(answer.message));
    });
    this.#worker.on('error', (thrown) => this.#end(thrown));
    this.#gone = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#end(new Error('the painting thread ended'));
        resolve();
      });
    });
  }

  #end(reason: unknown): void {
    this.alive = false;
    for (const waiter of this.#waiters.values()) waiter.reject(reason);
    this.#waiters.clear();
  }

  tell(request: Request): void {
    if (this.alive) this.#worker.postMessage(request);
  }

  async ask(request: Request & { readonly id: number }): Promise<Uint8Array> {
    if (!this.alive) throw new Error('the studio is closed');
    return await new Promise((resolve, reject) => {
      this.#waiters.set(request.id, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  /** Lets go of a request that nobody waits for any more. */
  forget(id: number, reason: unknown): void {
    this.#waiters.get(id)?.reject(reason);
    this.#waiters.delete(id);
  }

  async close(): Promise<void> {
    this.#worker.ref();
    this.tell({ type: 'close' });
    await this.#gone;
  }
}

class WorkerStudio implements Studio {
  readonly #benches: Bench[] = [];
  readonly #threads: number;
  #nextId = 1;
  #closed = false;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** The idlest thread; another one is started while all are busy and there may be more. */
  #bench(): Bench {
    if (this.#closed) throw new Error('the studio is closed');
    const alive = this.#benches.filter((bench) => bench.alive);
    const idlest = alive.sort((a, b) => a.paintings - b.paintings)[0];
    if (idlest && (idlest.paintings === 0 || alive.length >= this.#threads)) return idlest;
    const bench = new Bench();
    this.#benches.push(bench);
    return bench;
  }

  async open(order: PictureOrder, signal?: AbortSignal): Promise<Painting> {
    signal?.throwIfAborted();
    const bench = this.#bench();
    const id = this.#nextId++;
    bench.paintings++;
    let open = true;
    const drop = () => {
      if (!open) return;
      open = false;
      bench.paintings--;
      signal?.removeEventListener('abort', abandon);
      bench.tell({ type: 'drop', id });
    };
    const abandon = () => {
      bench.forget(id, signal?.reason);
      drop();
    };
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      await bench.ask({ type: 'open', id, order });
    } catch (thrown) {
      drop();
      throw thrown;
    }
    return {
      preview: (step, steps) => bench.ask({ type: 'preview', id, step, steps }),
      picture: (texts) => bench.ask({ type: 'picture', id, texts }),
      drop,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#benches.map((bench) => bench.close()));
  }
}

/** Opens a studio. Threads start with the first pictures, not before; default: one less than the machine has, at most four. */
export function createStudio(threads = Math.min(4, Math.max(1, availableParallelism() - 1))): Studio {
  return new WorkerStudio(threads);
}
