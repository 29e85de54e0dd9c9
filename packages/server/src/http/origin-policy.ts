import type { IncomingHttpHeaders } from 'node:http';

/** Where a client reached the server, as far as the server can know. */
export interface ServerAddress {
  /** Whether the client used https. Only a trusted proxy can say so: the server itself speaks http. */
  readonly isSecure: boolean;
  /** The `Host` header, which `HostPolicy` allows, with its port if it has one. */
  readonly host: string;
}

/** What says which page makes a request. */
export interface PageRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: ServerAddress;
}

/** A program that calls itself Mozilla. No page can choose its `User-Agent` without a preflight. */
const PROGRAM = /PowerShell\//;

/**
 * Whether a browser makes the request. Old ones, and all of them at plain http other than localhost, send neither `Origin`
 * with a GET nor `Sec-Fetch-Site`; undici's `fetch` sends `Accept-Language: *`.
 */
function isBrowser({ 'user-agent': agent = '', 'accept-language': language = '*', ...headers }: IncomingHttpHeaders) {
  if (PROGRAM.test(agent)) return false;
  return (
    /^(?:Mozilla|Opera)\//.test(agent) ||
    language !== '*' ||
    'upgrade-insecure-requests' in headers ||
    'sec-fetch-dest' in headers
  );
}

/** Whether `Sec-Fetch-Site`, where there is one, rules out that another origin makes the request. */
const isSameSite = (site: unknown) => site === undefined || site === 'same-origin' || site === 'none';

/** Which web pages may use the API: those of this server's own origin, and those of `CORS_ORIGINS` (`*`: all). */
export class OriginPolicy {
  readonly #listed: readonly string[];
  readonly #publicUrl: URL | undefined;

  constructor(corsOrigins: readonly string[], publicUrl: URL | undefined) {
    this.#listed = corsOrigins;
    this.#publicUrl = publicUrl;
  }

  /** Whether pages of other origins may read answers. */
  get hasListed(): boolean {
    return this.#listed.length > 0;
  }

  /** Whether a page of another origin makes the request: one that may be in `CORS_ORIGINS`, but is not the server's own. */
  isForeign({ headers, address }: Omit<PageRequest, 'method'>): boolean {
    const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
    // A link on another site's page leads to a page of this server.
    if (origin === undefined) return !isSameSite(site) && mode !== 'navigate';
    return !this.#isOwn(origin, address) || !isSameSite(site);
  }

  /** Whether the request says no `Origin`, or that of an own page or, unless `isOwnOnly`, of a listed one. */
  allowsOrigin({ headers, address }: Omit<PageRequest, 'method'>, isOwnOnly: boolean): boolean {
    const { origin, 'sec-fetch-site': site } = headers;
    if (origin === undefined) return true;
    return (this.#isOwn(origin, address) && isSameSite(site)) || (!isOwnOnly && this.#isListed(origin));
  }

  /**
   * Whether the request proves not to come from another site's page: by `Origin`, else by `Sec-Fetch-Site`, else by
   * `Referer`, else by coming from a program, which has no pages.
   */
  allowsAct({ method, ...request }: PageRequest, isOwnOnly: boolean): boolean {
    const { origin, referer, 'sec-fetch-site': site } = request.headers;
    if (origin !== undefined) return this.allowsOrigin(request, isOwnOnly);
    // `none` also arrives where an address that the user typed redirected to this one.
    if (site !== undefined) return site === 'same-origin' || (site === 'none' && method !== 'GET');
    if (referer !== undefined) return this.#isOwn(URL.parse(referer)?.origin, request.address);
    return !isBrowser(request.headers);
  }

  #isListed(origin: string): boolean {
    return this.#listed.includes('*') || this.#listed.includes(origin);
  }

  #isOwn(origin: string | undefined, { isSecure, host }: ServerAddress): boolean {
    const publicUrl = this.#publicUrl;
    if (publicUrl !== undefined) {
      if (origin === publicUrl.origin) return true;
      // Here the scheme is known: a page of the same host that came over http is another origin.
      if (URL.parse(`${publicUrl.protocol}//${host}`)?.host === publicUrl.host) return false;
    }
    const own = URL.parse(`${isSecure ? 'https' : 'http'}://${host}`);
    return own !== null && origin === own.origin;
  }
}
