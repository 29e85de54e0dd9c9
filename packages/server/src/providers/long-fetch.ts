import { Agent } from 'undici';

/** A `fetch` of its own connections, for the packages that take one. */
export interface LongFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Breaks its connections. */
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;

/**
 * Makes a `fetch` for calls that take minutes: it waits for headers as long as its caller does (Node's own gives up after
 * 300 s). `stallMs`: longest time between two pieces of a body before it fails with `UND_ERR_BODY_TIMEOUT`; default: none.
 */
export function createLongFetch({ stallMs = 0 }: { readonly stallMs?: number } = {}): LongFetch {
  // Node's fetch with a dispatcher of the package: both are undici 8, and forms and answers stay Node's own classes.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: stallMs, connect: { timeout: CONNECT_MS } });
  return {
    // Assigned, not spread: the types of the two undici differ in their minor version.
    fetch: (input, init) => fetch(input, Object.assign({ ...init }, { dispatcher })),
    close: () => dispatcher.destroy(),
  };
}

/** Whether a body failed because nothing came for `stallMs`. */
export function hasStalled(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause)
    if ('code' in error && error.code === 'UND_ERR_BODY_TIMEOUT') return true;
  return false;
}
