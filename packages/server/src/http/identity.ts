import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identities } from '../identity.ts';

/** Owns nothing, and never will. */
const NOBODY = '';

/** Whose request it is that makes something; somebody without an identity gets one with the answer (rule R9). */
export function ownerOf(identities: Identities, request: FastifyRequest, reply: FastifyReply): string {
  const known = identities.identify(request.raw);
  if (known !== undefined) return known;
  const { owner, cookie } = identities.issue(request.protocol === 'https');
  reply.header('set-cookie', cookie);
  return owner;
}

/** Whose request it is that only asks for what there is: somebody without an identity has nothing, and needs none. */
export function askerOf(identities: Identities, request: FastifyRequest): string {
  return identities.identify(request.raw) ?? NOBODY;
}
