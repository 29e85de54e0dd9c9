import { createHash, createHmac } from 'node:crypto';
import { hostname } from 'node:os';

const DIGEST_CHARS = 12;
/** How a process uses a backend, not which one it is. */
const USE = ['concurrency', 'timeoutMs'];
/** Where a backend is, beside its address. */
const WHERE = new Set(['baseUrl', 'at']);
const LOOPBACK = /\/\/(?:[^/]*@)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/?&#]|$)/i;

/** The machine and the process that look at a URL. */
export interface Viewpoint {
  readonly machine: string;
  readonly process: number;
}

/**
 * Names the backend that a URL of `nameProviders` means: the same in every process that means the same one, and without
 * secrets. What is at `localhost` is another one on each machine, and what paints inside the server in each process; where
 * addresses mislead, the URL says `at`.
 */
export function providerIdentity(url: URL, viewpoint = here()): string {
  const which = new URL(url);
  for (const option of USE) which.searchParams.delete(option);
  return `${url.searchParams.get('name') ?? kindOf(url)}-${digest(seenFrom(which, viewpoint))}`;
}

/**
 * The same by the address alone: where work is that was begun with other options, or under another name, or by a process
 * that had the backend's password of yesterday. Clients see it (`Job.upstreamAt`), so it is keyed: without the `key`,
 * which all processes on one storage share, addresses cannot be found by trying them.
 */
export function providerPlace(url: URL, key: string, viewpoint = here()): string {
  const hmac = createHmac('sha256', key).update(addressOf(url, viewpoint)).digest('base64url');
  return `${kindOf(url)}-at-${hmac.slice(0, DIGEST_CHARS)}`;
}

/** What `providerPlace` was before it had a key: jobs that were running then have it in their logs. */
export function formerProviderPlace(url: URL, viewpoint = here()): string {
  return `${kindOf(url)}-at-${digest(addressOf(url, viewpoint))}`;
}

function addressOf(url: URL, viewpoint: Viewpoint): string {
  const which = new URL(url);
  for (const option of [...which.searchParams.keys()]) if (!WHERE.has(option)) which.searchParams.delete(option);
  which.username = '';
  which.password = '';
  return seenFrom(which, viewpoint);
}

const here = (): Viewpoint => ({ machine: hostname(), process: process.pid });

const kindOf = (url: URL) => url.protocol.replace(/[+:].*$/, '');

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_CHARS);

/** A URL with what else tells its backend from others: the machine, or the process, that an address belongs to. */
function seenFrom(which: URL, { machine, process: pid }: Viewpoint): string {
  const at = which.searchParams.get('at');
  const text = at === null ? decodeURIComponent(which.href) : `${kindOf(which)} ${at} ${which.search}`;
  const isInside = which.protocol === 'sketch:';
  const place = isInside ? `${machine} ${pid}` : LOOPBACK.test(text) ? machine : '';
  return `${text} ${place}`;
}
