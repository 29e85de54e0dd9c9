import type { BodyPaceLimits } from './http-timeouts.ts';

/** How one request's body arrives. Time is what its observer counts, so that a process that stood still blames no client. */
export class BodyPace {
  readonly #limits: BodyPaceLimits;
  #elapsedMs = 0;
  #silentMs = 0;
  #bytes = 0;

  constructor(limits: BodyPaceLimits) {
    this.#limits = limits;
  }

  /** Bytes that had arrived when it was last looked at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes`: that have arrived so far; `ms`: since the last look. True: too slowly. */
  observe(bytes: number, ms: number): boolean {
    const { graceMs, silentMs, bytesPerSecond } = this.#limits;
    this.#elapsedMs += ms;
    this.#silentMs = bytes > this.#bytes ? 0 : this.#silentMs + ms;
    this.#bytes = bytes;
    const owed = ((this.#elapsedMs - graceMs) / 1_000) * bytesPerSecond;
    // Of a body that has not begun, its first packet may be lost: it is silent, not slow.
    return this.#silentMs >= silentMs || (bytes > 0 && bytes < owed);
  }
}
