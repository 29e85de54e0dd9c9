import {
  AdoptIdentityRequest,
  AdoptIdentityResponse,
  ApiErrorBody,
  CreateIdentityLinkRequest,
  IdentityLinkResponse,
  LIMITS,
} from '@darkroom/protocol';
import type { FastifyRequest } from 'fastify';
import type { IdentityLink, IdentityLinks } from '../../identity.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { identify, isSecure, ownerOf } from '../identity.ts';
import { RequestError } from '../request-error.ts';

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };
const tags = ['Identity'];
/** A used link is remembered this much longer than it works: processes' clocks may differ by so much. */
const CLOCKS_DIFFER_MS = 60_000;

/** Takes an identity to another device (rule R12). `publicUrl`: where people reach the server; undefined: where the asker did. */
export function registerIdentityLinkRoutes(server: HttpServer, context: HttpContext, publicUrl: URL | undefined): void {
  registerLink(server, context, publicUrl);
  registerAdopt(server, context);
}

function linksFor({ identities }: HttpContext, request: FastifyRequest): IdentityLinks {
  const links = identities.linksFor(request.raw);
  if (links === undefined) throw new RequestError('LINK_NEEDLESS');
  return links;
}

function registerLink(server: HttpServer, context: HttpContext, publicUrl: URL | undefined): void {
  server.post(
    '/api/identity/link',
    {
      // A page that could send its own token here would replace the user's identity.
      config: { access: 'act-own' },
      schema: {
        tags,
        summary: 'Make a link that takes your identity to another device',
        description:
          'Whoever opens it first, within ten minutes, sees and does the same as you. Only for pages of this server, and programs.',
        body: CreateIdentityLinkRequest,
        response: { 201: IdentityLinkResponse, ...errors },
      },
      onRequest: context.limits.rate('links'),
    },
    async (request, reply) => {
      const links = linksFor(context, request);
      const endsAt = context.clock.now() + LIMITS.linkTtlMs;
      const token = links.sign(ownerOf(context.identities, request, reply), endsAt);
      const base = publicUrl?.href.replace(/\/$/, '') ?? `${isSecure(request) ? 'https' : 'http'}://${request.host}`;
      const expiresAt = new Date(endsAt).toISOString();
      return reply.code(201).send({ url: `${base}/link#${token}`, token, expiresAt });
    },
  );
}

function registerAdopt(server: HttpServer, context: HttpContext): void {
  const { identities, store, clock } = context;

  /** Takes a link that is good and not the asker's own; what is wrong with it is thrown. */
  async function take({ id, endsAt }: IdentityLink): Promise<void> {
    const now = clock.now();
    if (now >= endsAt) throw new RequestError('LINK_EXPIRED');
    if (!(await store.takeOnce(`link:${id}`, endsAt + CLOCKS_DIFFER_MS, now))) throw new RequestError('LINK_USED');
  }

  server.post(
    '/api/identity/adopt',
    {
      // A page that could send its own token here would replace the user's identity.
      config: { access: 'act-own' },
      schema: {
        tags,
        summary: 'Be on this device who you are on another one',
        description:
          'The token of a link; each works once. The answer sets the cookie. What was made with the cookie before stays, and is not listed here any more.',
        body: AdoptIdentityRequest,
        response: { 200: AdoptIdentityResponse, ...errors },
      },
      onRequest: context.limits.rate('links'),
    },
    async (request, reply) => {
      const links = linksFor(context, request);
      const link = links.read(request.body.token);
      if (link === undefined) throw new RequestError('LINK_INVALID', undefined, 'token');
      if (identify(identities, request) === link.owner) return { adopted: false };
      await take(link);
      reply.header('set-cookie', links.cookieFor(link.owner, isSecure(request)));
      return { adopted: true };
    },
  );
}
