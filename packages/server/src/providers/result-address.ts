/** A request's target on the way to a result. */
export interface Hop {
  readonly url: URL;
  /** It is the configured backend's own origin, and so was every hop before it: private addresses and credentials are allowed. */
  readonly isOwn: boolean;
}

const PROTOCOLS = new Set(['http:', 'https:']);

/**
 * Where an address that a backend named (of a result, or of a redirect) leads to from `from`; undefined if it may not:
 * another protocol than http and https, from https to http, or credentials in it.
 */
export function nextHop(from: Hop, address: string): Hop | undefined {
  const url = URL.parse(address, from.url);
  if (url === null || !PROTOCOLS.has(url.protocol) || url.username + url.password !== '') return undefined;
  if (from.url.protocol === 'https:' && url.protocol !== 'https:') return undefined;
  return { url, isOwn: from.isOwn && url.origin === from.url.origin };
}
