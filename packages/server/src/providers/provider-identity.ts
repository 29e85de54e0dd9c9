import { createHash } from 'node:crypto';
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
  return `${url.searchParams.get('name') ?? kindOf(url)}-${digest(which, viewpoint)}`;
}

/**
 * The same by the address alone: where work is that was begun with other options, or under another name, or by a process
 * that had the backend's password of yesterday.
 */
export function providerPlace(url: URL, viewpoint = here()): string {
  const which = new URL(url);
  for (const option of [...which.searchParams.keys()]) if (!WHERE.has(option)) which.searchParams.delete(option);
  which.username = '';
  which.password = '';
  return `${kindOf(url)}-at-${digest(which, viewpoint)}`;
}

const here = (): Viewpoint => ({ machine: hostname(), process: process.pid });

const kindOf = (url: URL) => url.protocol.replace(/[+:].*$/, '');

function digest(which: URL, { machine, process: pid }: Viewpoint): string {
  const at = which.searchParams.get('at');
  const text = at === null ? decodeURIComponent(which.href) : `${kindOf(which)} ${at} ${which.search}`;
  const isInside = which.protocol === 'sketch:';
  const place = isInside ? `${machine} ${pid}` : LOOPBACK.test(text) ? machine : '';
  return createHash('sha256').update(`${text} ${place}`).digest('base64url').slice(0, DIGEST_CHARS);
}
