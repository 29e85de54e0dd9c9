import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identities } from '../identity.ts';

/** Owns nothing, and never will. */
const NOBODY = '';

/** Whether the client's connection is https, as the trusted proxy in front of this server knows. Some name the scheme of a WebSocket. */
export const isSecure = ({ protocol }: { readonly protocol: string }): boolean =>
  protocol === 'https' || protocol === 'wss';

/**
 * The owner that a request proves to be; undefined: none. A page of another origin has none, not even one of
 * `CORS_ORIGINS`: the cookie, or the name that a proxy adds, is the user's and not the page's.
 */
export function identify(identities: Identities, request: FastifyRequest): string | undefined {
  return request.isForeignPage ? undefined : identities.identify(request.raw, isSecure(request));
}

/** The name of the user who is signed in, for requests that `identify` believes; undefined: there is none. */
export function nameOf(identities: Identities, request: FastifyRequest): string | undefined {
  return request.isForeignPage ? undefined : identities.nameOf(request.raw);
}

/** Whose request it is that makes something; somebody without an identity gets one with the answer (rule R9). */
export function ownerOf(identities: Identities, request: FastifyRequest, reply: FastifyReply): string {
  const known = identify(identities, request);
  if (known !== undefined) return known;
  const { owner, cookie } = identities.issue(isSecure(request));
  // It would replace the one that the user has.
  if (!request.isForeignPage) reply.header('set-cookie', cookie);
  return owner;
}

/** Brings the identity of a page's reader along, and up to date (rule R9). */
export function identifyReader(identities: Identities, request: FastifyRequest, reply: FastifyReply): void {
  ownerOf(identities, request, reply);
  if (request.isForeignPage) return;
  const renewed = identities.renew(request.raw, isSecure(request));
  if (renewed.length > 0) reply.header('set-cookie', [...renewed]);
}

/** Whose request it is that only asks for what there is: somebody without an identity has nothing, and needs none. */
export function askerOf(identities: Identities, request: FastifyRequest): string {
  return identify(identities, request) ?? NOBODY;
}
