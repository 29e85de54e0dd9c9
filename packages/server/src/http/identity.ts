import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identities } from '../identity.ts';

/** Owns nothing, and never will. */
const NOBODY = '';

/** Whether the client's connection is https, as this server or the trusted proxy in front of it knows. */
export const isSecure = (request: FastifyRequest): boolean => request.protocol === 'https';

/** The owner that a request proves to be; undefined: none. */
export function knownOwner(identities: Identities, request: FastifyRequest): string | undefined {
  return identities.identify(request.raw, isSecure(request));
}

/** Whose request it is that makes something; somebody without an identity gets one with the answer (rule R9). */
export function ownerOf(identities: Identities, request: FastifyRequest, reply: FastifyReply): string {
  const known = knownOwner(identities, request);
  if (known !== undefined) return known;
  const { owner, cookie } = identities.issue(isSecure(request));
  reply.header('set-cookie', cookie);
  return owner;
}

/** Brings the identity of a page's reader along, and up to date (rule R9). */
export function identifyReader(identities: Identities, request: FastifyRequest, reply: FastifyReply): void {
  ownerOf(identities, request, reply);
  const renewed = identities.renew(request.raw, isSecure(request));
  if (renewed.length > 0) reply.header('set-cookie', [...renewed]);
}

/** Whose request it is that only asks for what there is: somebody without an identity has nothing, and needs none. */
export function askerOf(identities: Identities, request: FastifyRequest): string {
  return knownOwner(identities, request) ?? NOBODY;
}
