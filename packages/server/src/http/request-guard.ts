import type { IncomingMessage } from 'node:http';
import { LIMITS } from '@darkroom/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { HostPolicy, hostName } from './host-policy.ts';
import type { HttpServer } from './http-context.ts';
import { isSecure } from './identity.ts';
import { OriginPolicy, type ServerAddress } from './origin-policy.ts';
import { sendHostPage } from './pages/host-page.ts';
import { acceptsPage } from './pages/page-request.ts';
import { RequestError } from './request-error.ts';
import { type Access, isAct } from './route-access.ts';
import { SECURITY_HEADERS, STRICT_TRANSPORT_SECURITY } from './security-headers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether a page of another origin makes the request, listed or not. */
    isForeignPage: boolean;
  }
}

/** A request for a host name that is not allowed. */
class HostNotAllowedError extends RequestError {
  readonly hostName: string;

  constructor(name: string, field: string) {
    const message = `The server does not answer under the name ${name}. If it is a name of this server, add it to its settings: ALLOWED_HOSTS=${name}`;
    super('HOST_NOT_ALLOWED', message, field);
    this.hostName = name;
  }
}

/** Node keeps the first `Host` of several. */
function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') count++;
  return count;
}

const addressOf = (request: FastifyRequest): ServerAddress => ({ isSecure: isSecure(request), host: request.host });

/** Decides, before anything is read of a request, whether its route may see it. */
export class RequestGuard {
  readonly #hosts: HostPolicy;
  readonly #origins: OriginPolicy;
  readonly #publicUrl: URL | undefined;
  readonly #isUpgrade: (request: IncomingMessage) => boolean;

  /** `isUpgrade`: whether a request asks for an upgrade that no route has taken yet. */
  constructor(
    { allowedHosts, corsOrigins, publicUrl }: Pick<Config, 'allowedHosts' | 'corsOrigins' | 'publicUrl'>,
    isUpgrade: (request: IncomingMessage) => boolean,
  ) {
    this.#hosts = new HostPolicy(allowedHosts, publicUrl);
    this.#origins = new OriginPolicy(corsOrigins, publicUrl);
    this.#publicUrl = publicUrl;
    this.#isUpgrade = isUpgrade;
  }

  /** Guards every route of a server, pages and what is at no route included. One synchronous hook: it is on every request's way. */
  protect(server: HttpServer): void {
    server.decorateRequest('isForeignPage', false);
    server.addHook('onRequest', (request, reply, done) => {
      this.#setHeaders(request, reply);
      const refusal = this.hostRefusal(request) ?? this.#refusal(request);
      if (refusal instanceof HostNotAllowedError && acceptsPage(request))
        sendHostPage(request, reply, refusal.hostName);
      else done(refusal);
    });
  }

  /**
   * Why the request's target or host is refused; undefined: it is not. Behind a trusted proxy `X-Forwarded-Host` is
   * checked as well as `Host`: a proxy that does not set that header passes on the client's.
   */
  hostRefusal(request: FastifyRequest): RequestError | undefined {
    const { url = '', headers } = request.raw;
    if (!url.startsWith('/')) return new RequestError('INVALID_REQUEST', 'The request target must be a path.', 'url');
    if (countHosts(request.raw) !== 1)
      return new RequestError('INVALID_REQUEST', 'The request must have exactly one Host header.', 'Host');
    const { host = '' } = headers;
    return (
      this.#nameRefusal(host, 'Host') ??
      (request.host === host ? undefined : this.#nameRefusal(request.host, 'X-Forwarded-Host'))
    );
  }

  #nameRefusal(host: string, field: string): RequestError | undefined {
    const name = hostName(host);
    if (name === undefined) {
      const message = `${field} must be a host name or an IP address, with or without a port.`;
      return new RequestError('INVALID_REQUEST', message, field);
    }
    return this.#hosts.allows(name) ? undefined : new HostNotAllowedError(name, field);
  }

  #refusal(request: FastifyRequest): RequestError | undefined {
    const { raw, routeOptions } = request;
    const { access = 'read', takesUpgrades = false } = routeOptions.config;
    if (request.url.length > LIMITS.urlChars)
      return new RequestError('TOO_LARGE', `The address must be at most ${LIMITS.urlChars} characters.`, 'url');
    if (this.#isUpgrade(raw) && !takesUpgrades) return new RequestError('NOT_FOUND');
    return this.#pageRefusal(request, access);
  }

  #pageRefusal(request: FastifyRequest, access: Access): RequestError | undefined {
    const { headers, method } = request;
    const isFromPage = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
    if (!isFromPage && !isAct(access)) return undefined;
    const page = { method, headers, address: addressOf(request) };
    request.isForeignPage = isFromPage && this.#origins.isForeign(page);
    const isOwnOnly = access === 'act-own' || access === 'operate';
    if (access !== 'read' && !this.#origins.allowsOrigin(page, isOwnOnly)) return new RequestError('FORBIDDEN');
    if (!isAct(access) || this.#origins.allowsAct(page, isOwnOnly)) return undefined;
    const message =
      'A browser may do this only for a page of this server, which Origin, Sec-Fetch-Site or Referer must name.';
    return new RequestError('FORBIDDEN', message);
  }

  #setHeaders(request: FastifyRequest, reply: FastifyReply): void {
    reply.headers(SECURITY_HEADERS);
    if (this.#origins.hasListed && request.routeOptions.config.isEmbeddable === true)
      reply.header('cross-origin-resource-policy', 'cross-origin');
    if (this.#publicUrl?.protocol !== 'https:') return;
    const { isSecure, host } = addressOf(request);
    // Never of a plain http server, nor for a name of the machine that other servers share.
    if (isSecure && hostName(host) === this.#publicUrl.hostname)
      reply.header('strict-transport-security', STRICT_TRANSPORT_SECURITY);
  }
}
