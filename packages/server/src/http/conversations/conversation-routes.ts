import {
  AddVersionRequest,
  ApiErrorBody,
  ConversationListResponse,
  ConversationResponse,
  CreateConversationRequest,
  LIMITS,
  MessageListResponse,
  PostMessageRequest,
  RenameConversationRequest,
  TurnResponse,
} from '@darkroom/protocol';
import type { FastifyReply } from 'fastify';
import * as z from 'zod/mini';
import type { PostResult } from '../../conversations/conversation-service.ts';
import type { HttpContext, HttpServer } from '../http-context.ts';
import { IdempotencyHeader, toIdempotency } from '../idempotency.ts';
import { askerOf, ownerOf } from '../identity.ts';
import { cursorError, RequestError, refusalError } from '../request-error.ts';

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };
const tags = ['Conversations'];

/** Any text: what is not a conversation's id is simply not found. */
const ConversationParams = z.object({ id: z.string() });

const page = (max: number, usual: number) =>
  z._default(z.coerce.number().check(z.multipleOf(1), z.minimum(1), z.maximum(max)), usual);

const MessageId = z.coerce.number().check(z.multipleOf(1), z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER));

const ListQuery = z.object({
  limit: page(LIMITS.conversationsPerPage, 50),
  cursor: z.optional(z.string().check(z.maxLength(128))),
});

const MessagesQuery = z.object({ limit: page(LIMITS.messagesPerPage, 50), before: z.optional(MessageId) });

const notFound = () => refusalError({ reason: 'no-conversation' });

/** `/api/conversations` (rules M1–M7). */
export function registerConversationRoutes(server: HttpServer, context: HttpContext): void {
  // What is one person's is not for anybody's cache.
  server.register(async (routes: HttpServer) => {
    routes.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store');
      done();
    });
    registerCollection(routes, context);
    registerOne(routes, context);
    registerDelete(routes, context);
    registerMessages(routes, context);
    registerPost(routes, context);
    registerVersions(routes, context);
  });
}

function registerCollection(server: HttpServer, { conversations, identities }: HttpContext): void {
  server.get(
    '/api/conversations',
    {
      schema: {
        tags,
        summary: 'List your conversations, last changed first',
        querystring: ListQuery,
        response: { 200: ConversationListResponse, ...errors },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const list = await conversations.list(askerOf(identities, request), limit, cursor).catch(cursorError);
      return { conversations: [...list.conversations], nextCursor: list.nextCursor ?? null };
    },
  );
  server.post(
    '/api/conversations',
    {
      schema: {
        tags,
        summary: 'Begin a conversation',
        description: 'Without a title its first message names it.',
        body: CreateConversationRequest,
        response: { 201: ConversationResponse, ...errors },
      },
    },
    async (request, reply) => {
      const conversation = await conversations.create(ownerOf(identities, request, reply), request.body.title);
      return reply.code(201).header('location', `/api/conversations/${conversation.id}`).send({ conversation });
    },
  );
}

function registerOne(server: HttpServer, { conversations, identities }: HttpContext): void {
  const response = { 200: ConversationResponse, ...errors };
  server.get(
    '/api/conversations/:id',
    { schema: { tags, summary: 'Read a conversation', params: ConversationParams, response } },
    async (request) => {
      const ref = { id: request.params.id, owner: askerOf(identities, request) };
      const conversation = await conversations.read(ref);
      if (conversation === undefined) throw notFound();
      return { conversation };
    },
  );
  server.patch(
    '/api/conversations/:id',
    {
      schema: {
        tags,
        summary: 'Rename a conversation',
        params: ConversationParams,
        body: RenameConversationRequest,
        response,
      },
    },
    async (request) => {
      const ref = { id: request.params.id, owner: askerOf(identities, request) };
      const conversation = await conversations.rename(ref, request.body.title);
      if (conversation === undefined) throw notFound();
      return { conversation };
    },
  );
}

function registerDelete(server: HttpServer, { conversations, identities }: HttpContext): void {
  server.delete(
    '/api/conversations/:id',
    {
      schema: {
        tags,
        summary: 'Delete a conversation',
        description: 'Its unfinished jobs are cancelled; finished ones stay in the history.',
        params: ConversationParams,
        response: { 204: z.null(), ...errors },
      },
    },
    async (request, reply) => {
      const ref = { id: request.params.id, owner: askerOf(identities, request) };
      if (!(await conversations.delete(ref))) throw notFound();
      return reply.code(204).send(null);
    },
  );
}

function registerMessages(server: HttpServer, { conversations, identities }: HttpContext): void {
  server.get(
    '/api/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'Read messages, oldest first',
        description:
          'The newest ones; with `before`, those older than that message. `nextBefore` asks for the next page.',
        params: ConversationParams,
        querystring: MessagesQuery,
        response: { 200: MessageListResponse, ...errors },
      },
    },
    async (request) => {
      const ref = { id: request.params.id, owner: askerOf(identities, request) };
      const { limit, before } = request.query;
      const list = await conversations.readMessages(ref, limit, before);
      if (list === undefined) throw notFound();
      return { messages: [...list.messages], nextBefore: list.more ? (list.messages[0]?.id ?? null) : null };
    },
  );
}

/** 201, or 200 for a turn that was there already (rule R1). */
function sendTurn(reply: FastifyReply, result: PostResult): TurnResponse {
  if (!result.ok) throw refusalError(result);
  reply.code(result.created ? 201 : 200);
  return { messages: [...result.messages], ...(result.job !== undefined && { job: result.job }) };
}

const turnResponse = { 200: TurnResponse, 201: TurnResponse, ...errors };

function registerPost(server: HttpServer, { conversations, identities, isStopping }: HttpContext): void {
  server.post(
    '/api/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'Say something: a picture is made if you ask for one',
        description:
          '“draw …”, “paint …”, “Resim çiz: …”, “… çiz”, or `picture: true`. With an Idempotency-Key, the same request again gets the first answer (200).',
        headers: IdempotencyHeader,
        params: ConversationParams,
        body: PostMessageRequest,
        response: turnResponse,
      },
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const ref = { id: request.params.id, owner: askerOf(identities, request), client: request.ip };
      const idempotency = toIdempotency(request.headers['idempotency-key'], request.body);
      return sendTurn(reply, await conversations.post(ref, request.body, idempotency));
    },
  );
}

function registerVersions(server: HttpServer, { conversations, identities, isStopping }: HttpContext): void {
  server.post(
    '/api/conversations/:id/messages/:messageId/versions',
    {
      schema: {
        tags,
        summary: 'Ask for a picture again in other words',
        description: 'Both versions stay; the new messages name the first ones in `version_of`.',
        headers: IdempotencyHeader,
        params: z.extend(ConversationParams, { messageId: MessageId }),
        body: AddVersionRequest,
        response: turnResponse,
      },
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const { id, messageId } = request.params;
      const ref = { id, owner: askerOf(identities, request), client: request.ip };
      const idempotency = toIdempotency(request.headers['idempotency-key'], { messageId, ...request.body });
      return sendTurn(reply, await conversations.addVersion(ref, messageId, request.body, idempotency));
    },
  );
}
