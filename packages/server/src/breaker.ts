/** What a breaker lets through. */
export type BreakerState =
  | { readonly kind: 'closed' }
  /** Nothing before `until` (ms since the Unix epoch). */
  | { readonly kind: 'open'; readonly until: number }
  /** It has rested: one is to try whether the backend works again. `isTried`: one does. */
  | { readonly kind: 'half-open'; readonly isTried: boolean };

/** When a breaker opens, and for how long. */
export interface BreakerPolicy {
  /** Failed tries in a row that open it. */
  readonly breakerFailures: number;
  /** How long an open breaker keeps jobs away, milliseconds. */
  readonly breakerOpenMs: number;
}

/**
 * Keeps jobs away from a backend that is down. Processes that have the same backend have one breaker: their failures are
 * counted together, it opens and closes for all, and half-open it lets one job through in all of them. Nothing here
 * throws, or waits for long: while the others cannot be reached, each process goes by what it sees itself.
 */
export interface Breaker {
  /** As far as this process knows. */
  readonly state: BreakerState;
  /** Asks to be let through; resolves with what ends the stay, or undefined: not now. A stay that ends without a success or a failure proved nothing. */
  enter(): Promise<(() => void) | undefined>;
  /** The backend has made a picture. Resolves once it is counted. */
  succeeded(): Promise<void>;
  /** The backend was asked, and is out of order. Resolves once it is counted. */
  failed(): Promise<void>;
  /** Calls `fn` whenever its state has become another one, be it by time. */
  onChange(fn: () => void): void;
}

/** The breakers of all backends. */
export interface Breakers {
  /** The breaker of the backend with this identity, which is the same in every process that has it. */
  of(identity: string, policy: BreakerPolicy): Breaker;
  /** Idempotent. */
  close(): Promise<void>;
}
