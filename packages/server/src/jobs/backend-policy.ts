import type { BreakerPolicy } from '../breaker.ts';

/** What is done when a backend fails: how often and when it is tried again, and when it is given a rest. */
export interface BackendPolicy extends BreakerPolicy {
  /** Pauses before the first, second … automatic retry of one picture, milliseconds; none: no retry. */
  readonly retryDelaysMs: readonly number[];
  /** A backend that asks for a longer pause than this (`Retry-After`) is not waited for. */
  readonly maxRetryAfterMs: number;
}

/** Three retries after 1, 2 and 4 s, open after 5 failures for a minute. */
export const DEFAULT_POLICY: BackendPolicy = {
  retryDelaysMs: [1_000, 2_000, 4_000],
  maxRetryAfterMs: 60_000,
  breakerFailures: 5,
  breakerOpenMs: 60_000,
};
