import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identities } from '../identity.ts';

/** Whose request it is; somebody without an identity gets one with the answer (rule R9). */
export function ownerOf(identities: Identities, request: FastifyRequest, reply: FastifyReply): string {
  const known = identities.identify(request.raw);
  if (known !== undefined) return known;
  const { owner, cookie } = identities.issue(request.protocol === 'https');
  reply.header('set-cookie', cookie);
  return owner;
}
