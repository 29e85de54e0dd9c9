/** The client's times, in milliseconds: rules C1–C8 of PROTOCOL.md. */
export const TIMING = {
  /** C1: from construction to `hello` (SSE: `job`). */
  helloMs: 5_000,
  /** C2: a connection that says nothing for this long is taken for dead. */
  silenceMs: 25_000,
  /** A timer this late means that the page slept: what waits in the line is heard first. */
  lateTimerMs: 1_000,
  /** C3: a heartbeat later than the quickest one by this much is late. */
  lateHeartbeatMs: 5_000,
  /** Late heartbeats closer together than this are one clump. */
  clumpMs: 1_000,
  /** C5: shortest wait before a reconnect. */
  backoffFloorMs: 200,
  /** C5: span of the first wait; it doubles. */
  backoffSpanMs: 500,
  /** C5: longest span. */
  backoffCapMs: 30_000,
  /** C5: how long a connection must live, and deliver, before the backoff starts over. */
  provenMs: 10_000,
  /** C6: first and shortest cadence. */
  pollMinMs: 2_000,
  /** C6: longest cadence. */
  pollMaxMs: 15_000,
  /** Growth of the cadence by each answer without news. */
  pollGrowth: 1.5,
  /** A poll without an answer for this long has failed. */
  pollTimeoutMs: 15_000,
  /** A watch without a live connection for this long is polled until it has one. */
  bridgeMs: 1_500,
  /** C7: the better transport is tried again after these; the last one repeats. */
  probesMs: [30_000, 120_000, 600_000],
  /** C8: how long a demotion is remembered. */
  demotionMs: 600_000,
  /** Longest wait a server may ask for (`bye`, `Retry-After`, `retry:`). */
  maxAskedMs: 600_000,
  /** A request without an answer for this long has failed. */
  requestTimeoutMs: 20_000,
} as const;
