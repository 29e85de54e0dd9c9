import type { IncomingMessage } from 'node:http';

/**
 * Which web pages may use the API. Browsers send `Origin`; other clients need not. A page of this server's own address
 * is welcome; so are those of `CORS_ORIGINS` (`*`: all).
 */
export class OriginPolicy {
  readonly #allowed: readonly string[];
  readonly #publicOrigin: string | undefined;

  constructor(corsOrigins: readonly string[], publicUrl: URL | undefined) {
    this.#allowed = corsOrigins;
    this.#publicOrigin = publicUrl?.origin;
  }

  /** Whether the request comes from no page, from one of this server, or from one that is listed. */
  allows(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    return (origin !== undefined && this.isListed(origin)) || this.isOwn(request);
  }

  /** Whether the request comes from no page or from one of this server: for what not even a listed page may do. */
  isOwn({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin === undefined || origin === this.#publicOrigin) return true;
    const parsed = URL.canParse(origin) ? new URL(origin) : undefined;
    return parsed !== undefined && host !== undefined && parsed.host === host;
  }

  /** Whether another site's page was let in by the configuration. */
  isListed(origin: string): boolean {
    return this.#allowed.includes('*') || this.#allowed.includes(origin) || origin === this.#publicOrigin;
  }
}
