import type { Breaker, BreakerPolicy, Breakers } from '../../breaker.ts';
import type { Clock } from '../../clock.ts';
import { KnownRecord } from '../known-record.ts';
import { RecordBreaker, type Step } from '../record-breaker.ts';

/** The breakers of one process, for itself. */
export class InProcessBreakers implements Breakers {
  readonly #clock: Clock;
  readonly #breakers = new Map<string, Breaker>();
  readonly #known: KnownRecord[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(identity: string, policy: BreakerPolicy): Breaker {
    const breaker = this.#breakers.get(identity) ?? this.#create(policy);
    this.#breakers.set(identity, breaker);
    return breaker;
  }

  async close(): Promise<void> {
    for (const known of this.#known) known.close();
  }

  #create(policy: BreakerPolicy): Breaker {
    const known = new KnownRecord(this.#clock);
    this.#known.push(known);
    const change = async (step: Step) => {
      known.replace(step(known.record));
      return known.record;
    };
    // Who holds a trial cannot be gone while this process is there.
    return new RecordBreaker({ known, clock: this.#clock, policy, change, trialMs: Number.POSITIVE_INFINITY });
  }
}
