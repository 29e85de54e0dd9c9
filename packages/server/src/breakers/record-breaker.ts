import { randomUUID } from 'node:crypto';
import type { Breaker, BreakerPolicy, BreakerState } from '../breaker.ts';
import type { Clock } from '../clock.ts';
import {
  afterFailure,
  afterLeaving,
  afterRenewal,
  afterTaking,
  type BreakerRecord,
  CLOSED,
  stateOf,
} from './breaker-record.ts';
import type { KnownRecord } from './known-record.ts';

/** Makes of a breaker's record the next one; the same one: nothing changes. */
export type Step = (record: BreakerRecord) => BreakerRecord;

export interface RecordBreakerOptions {
  readonly known: KnownRecord;
  readonly clock: Clock;
  readonly policy: BreakerPolicy;
  /** Takes a step from the record as it is for all; resolves with what it led to. Must not throw. */
  readonly change: (step: Step) => Promise<BreakerRecord>;
  /** A trial whose holder gave no sign of life for so long is over, milliseconds. */
  readonly trialMs: number;
}

/** Signs of life of a trial's holder in the time after which it is given up. */
const SIGNS = 3;
const nothing = () => {};

/** A breaker by its record, wherever that is kept. */
export class RecordBreaker implements Breaker {
  readonly #options: RecordBreakerOptions;

  constructor(options: RecordBreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#options.known.state;
  }

  async enter(): Promise<(() => void) | undefined> {
    const { clock, change, trialMs } = this.#options;
    if (this.state.kind !== 'half-open') return this.state.kind === 'closed' ? nothing : undefined;
    const by = randomUUID();
    const trial = () => ({ by, until: clock.now() + trialMs });
    const record = await change((before) => afterTaking(before, clock.now(), trial()));
    if (stateOf(record, clock.now()).kind === 'closed') return nothing;
    if (record.trial?.by !== by) return undefined;
    const renew = () => void change((before) => afterRenewal(before, trial()));
    const stopRenewing = trialMs < Number.POSITIVE_INFINITY ? clock.every(trialMs / SIGNS, renew) : nothing;
    return () => {
      stopRenewing();
      void change((before) => afterLeaving(before, by));
    };
  }

  async succeeded(): Promise<void> {
    await this.#options.change(() => CLOSED);
  }

  async failed(): Promise<void> {
    const { clock, policy, change } = this.#options;
    await change((before) => afterFailure(before, clock.now(), policy));
  }

  onChange(fn: () => void): void {
    this.#options.known.onChange(fn);
  }
}
