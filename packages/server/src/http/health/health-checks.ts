import type { HealthResponse } from '@darkroom/protocol';
import type { HttpContext } from '../http-context.ts';
import { type HealthPart, PartHealth } from './part-health.ts';

/** Minimum time between two checks, in milliseconds: each writes to the storage. */
const FRESH_MS = 2_000;

/** Parts that are checked. */
export type CheckedParts = Pick<HttpContext, 'store' | 'images' | 'queue' | 'relay' | 'clock' | 'logger'>;

/** What the parts answered. */
type Health = Required<Pick<HealthResponse, 'queued' | 'storage' | 'queue' | 'relay'>>;

function createParts({ store, images, queue, relay, logger }: CheckedParts) {
  const part = (options: HealthPart) => new PartHealth(options, logger);
  return {
    storage: [
      part({
        check: () => store.check(),
        down: 'The database does not answer.',
        unwritable: 'The database cannot be written to: it is full, or read-only.',
      }),
      part({
        check: () => images.check(),
        down: 'The image storage does not answer.',
        unwritable: 'The image storage cannot be written to: it is full, or read-only.',
      }),
    ],
    queue: part({ check: () => queue.check(), down: 'The queue does not answer.' }),
    relay: part({ check: () => relay.check(), down: 'Other processes cannot be notified.' }),
  };
}

/** The first of the parts that does not work, or that all do. */
async function checkAll(parts: readonly PartHealth[]): Promise<HealthResponse['storage']> {
  const reports = await Promise.all(parts.map((part) => part.check()));
  return reports.find(({ ok }) => !ok) ?? { ok: true };
}

/** The health of storage, queue and relay: one check for all who ask while it runs, or within 2 s after it began. */
export class HealthChecks {
  readonly #context: CheckedParts;
  readonly #parts: ReturnType<typeof createParts>;
  #last: Promise<Health> | undefined;
  #begunAt = 0;
  #isRunning = false;

  constructor(context: CheckedParts) {
    this.#context = context;
    this.#parts = createParts(context);
  }

  current(): Promise<Health> {
    const now = this.#context.clock.now();
    // A negative age: the machine's clock was set back.
    const age = now - this.#begunAt;
    if (this.#last !== undefined && (this.#isRunning || (age >= 0 && age < FRESH_MS))) return this.#last;
    this.#begunAt = now;
    this.#isRunning = true;
    this.#last = this.#check().finally(() => {
      this.#isRunning = false;
    });
    return this.#last;
  }

  async #check(): Promise<Health> {
    const parts = this.#parts;
    const [storage, queue, relay, queued] = await Promise.all([
      checkAll(parts.storage),
      parts.queue.check(),
      parts.relay.check(),
      this.#context.queue.size(),
    ]);
    return { queued, storage, queue, relay };
  }
}
