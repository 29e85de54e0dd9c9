/** Time limits of HTTP connections, in milliseconds. */
export interface HttpTimeouts {
  /** Maximum time from a connection's beginning to the end of its first request's head. Default: 20,000. */
  readonly headersMs: number;
  /** Maximum time from the first byte of a request to its last. Default: 900,000. */
  readonly requestMs: number;
  /** Maximum idle time of a connection between two requests. Default: 75,000. */
  readonly keepAliveMs: number;
  /**
   * Maximum time in which a client takes no byte of a response that waits for it. The kernel reports what is taken in steps
   * of up to a third of its send buffer, a megabyte after a fast start; so it is longer than for live connections, which
   * resume. Default: 60,000.
   */
  readonly unreadMs: number;
  /** How fast a request's body must arrive. */
  readonly body: BodyPaceLimits;
  /** How often slow requests are looked for. Default: 5,000. */
  readonly checkMs: number;
}

/** How fast a request's body must arrive. */
export interface BodyPaceLimits {
  /** Time in which a body may arrive as slowly as it likes, in milliseconds. Default: 10,000. */
  readonly graceMs: number;
  /** Maximum time without a byte, in milliseconds. Default: 20,000. */
  readonly silentMs: number;
  /** Minimum bytes a second after the grace, on average. Default: 8,192. */
  readonly bytesPerSecond: number;
}

/**
 * Idle connections stay longer than the usual proxy's, so that it is the proxy that closes them. The largest upload has
 * enough time at 25 KiB/s.
 */
export const DEFAULT_HTTP_TIMEOUTS: HttpTimeouts = {
  headersMs: 20_000,
  requestMs: 900_000,
  keepAliveMs: 75_000,
  unreadMs: 60_000,
  body: { graceMs: 10_000, silentMs: 20_000, bytesPerSecond: 8 * 1024 },
  checkMs: 5_000,
};
