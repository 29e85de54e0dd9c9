import type { HealthResponse } from '@darkroom/protocol';
import type { FastifyBaseLogger } from 'fastify';
import { isStorageError } from '../../storage-error.ts';

/** A part of the server that health asks. */
export interface HealthPart {
  /** Resolves if the part works; what it throws is for the log. */
  readonly check: () => Promise<void>;
  /** What health says when it does not: in general, since anyone may read it. */
  readonly down: string;
  /** The same when it will hardly pass by itself; default: `down`. */
  readonly unwritable?: string;
}

/** How a part is, by asking it. Why it does not work only the log says, once for each change. */
export class PartHealth {
  readonly #part: HealthPart;
  readonly #logger: FastifyBaseLogger;
  #message: string | undefined;

  constructor(part: HealthPart, logger: FastifyBaseLogger) {
    this.#part = part;
    this.#logger = logger;
  }

  async check(): Promise<HealthResponse['storage']> {
    const { check, down, unwritable = down } = this.#part;
    try {
      await check();
      if (this.#message !== undefined) this.#logger.info({ was: this.#message }, 'works again');
      this.#message = undefined;
      return { ok: true };
    } catch (thrown) {
      const message = isStorageError(thrown) && thrown.lasts ? unwritable : down;
      if (message !== this.#message) this.#logger.warn({ err: thrown }, message);
      this.#message = message;
      return { ok: false, message };
    }
  }
}
