import type { HealthResponse } from '@darkroom/protocol';
import type { HttpContext } from '../http-context.ts';

/** Minimum time between two checks, in milliseconds: each writes to the storage. */
const FRESH_MS = 2_000;

/** Parts that are checked. */
export type CheckedParts = Pick<HttpContext, 'store' | 'images' | 'queue' | 'relay' | 'clock'>;

/** What the parts answered. */
type Health = Required<Pick<HealthResponse, 'queued' | 'storage' | 'queue' | 'relay'>>;

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

async function check(...parts: readonly { check(): Promise<void> }[]): Promise<HealthResponse['storage']> {
  try {
    await Promise.all(parts.map((part) => part.check()));
    return { ok: true };
  } catch (thrown) {
    return { ok: false, message: messageOf(thrown) };
  }
}

async function checkAll({ store, images, queue, relay }: CheckedParts): Promise<Health> {
  const [storage, queueHealth, relayHealth, queued] = await Promise.all([
    check(store, images),
    check(queue),
    check(relay),
    queue.size(),
  ]);
  return { queued, storage, queue: queueHealth, relay: relayHealth };
}

/** The health of storage, queue and relay: one check for all who ask while it runs, or within 2 s after it began. */
export class HealthChecks {
  readonly #parts: CheckedParts;
  #last: Promise<Health> | undefined;
  #begunAt = 0;
  #isRunning = false;

  constructor(parts: CheckedParts) {
    this.#parts = parts;
  }

  current(): Promise<Health> {
    const now = this.#parts.clock.now();
    // A negative age: the machine's clock was set back.
    const age = now - this.#begunAt;
    if (this.#last !== undefined && (this.#isRunning || (age >= 0 && age < FRESH_MS))) return this.#last;
    this.#begunAt = now;
    this.#isRunning = true;
    this.#last = checkAll(this.#parts).finally(() => {
      this.#isRunning = false;
    });
    return this.#last;
  }
}
