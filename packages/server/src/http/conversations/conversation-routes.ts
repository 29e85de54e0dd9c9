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
import { ConversationParams, pageQuery, wholeNumber } from '../url-parameters.ts';

const errors = { '4xx': ApiErrorBody, '5xx': ApiErrorBody };
const tags = ['Conversations'];

const MessageId = wholeNumber(1);

const ListQuery = z.object(pageQuery(LIMITS.conversationsPerPage, 50));

const MessagesQuery = z.object({
  limit: z._default(wholeNumber(1, LIMITS.messagesPerPage), 50),
  before: z.optional(MessageId),
});

const notFound = () => refusalError({ reason: 'no-conversation' });

/** `/api/conversations` (rules M1–M7). */
export function registerConversationRoutes(server: HttpServer, context: HttpContext): void {
  registerCollection(server, context);
  registerOne(server, context);
  registerDelete(server, context);
  registerMessages(server, context);
  registerPost(server, context);
  registerVersions(server, context);
}

function registerCollection(server: HttpServer, { conversations, identities, limits }: HttpContext): void {
  server.get(
    '/api/conversations',
    {
      config: { access: 'read' },
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
      config: { access: 'act' },
      schema: {
        tags,
        summary: 'Begin a conversation',
        description: 'Without a title its first message names it.',
        body: CreateConversationRequest,
        response: { 201: ConversationResponse, ...errors },
      },
      onRequest: limits.rate('conversations'),
    },
    async (request, reply) => {
      const owner = ownerOf(identities, request, reply);
      if (await conversations.isFull(owner, limits.clientOf(request.raw)))
        throw new RequestError(
          'TOO_MANY_CONVERSATIONS',
          `You may have at most ${LIMITS.conversationsPerOwner} conversations: delete one that you no longer need.`,
        );
      const conversation = await conversations.create(owner, request.body.title);
      return reply.code(201).header('location', `/api/conversations/${conversation.id}`).send({ conversation });
    },
  );
}

function registerOne(server: HttpServer, { conversations, identities, limits }: HttpContext): void {
  const response = { 200: ConversationResponse, ...errors };
  server.get(
    '/api/conversations/:id',
    {
      config: { access: 'read' },
      schema: { tags, summary: 'Read a conversation', params: ConversationParams, response },
    },
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
      config: { access: 'act' },
      schema: {
        tags,
        summary: 'Rename a conversation',
        params: ConversationParams,
        body: RenameConversationRequest,
        response,
      },
      onRequest: limits.rate('changes'),
    },
    async (request) => {
      const ref = { id: request.params.id, owner: askerOf(identities, request) };
      const conversation = await conversations.rename(ref, request.body.title);
      if (conversation === undefined) throw notFound();
      return { conversation };
    },
  );
}

function registerDelete(server: HttpServer, { conversations, identities, limits }: HttpContext): void {
  server.delete(
    '/api/conversations/:id',
    {
      config: { access: 'act' },
      schema: {
        tags,
        summary: 'Delete a conversation',
        description: 'Its unfinished jobs are cancelled; finished ones stay in the history.',
        params: ConversationParams,
        response: { 204: z.null(), ...errors },
      },
      onRequest: limits.rate('changes'),
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
      config: { access: 'read' },
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

function registerPost(server: HttpServer, { conversations, identities, limits, isStopping }: HttpContext): void {
  server.post(
    '/api/conversations/:id/messages',
    {
      config: { access: 'act' },
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
      onRequest: limits.rate('messages'),
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const client = limits.clientOf(request.raw);
      const ref = { id: request.params.id, owner: askerOf(identities, request), client };
      const idempotency = toIdempotency(request.headers['idempotency-key'], request.body);
      return sendTurn(reply, await conversations.post(ref, request.body, idempotency));
    },
  );
}

function registerVersions(server: HttpServer, { conversations, identities, limits, isStopping }: HttpContext): void {
  server.post(
    '/api/conversations/:id/messages/:messageId/versions',
    {
      config: { access: 'act' },
      schema: {
        tags,
        summary: 'Ask for a picture again in other words',
        description: 'Both versions stay; the new messages name the first ones in `version_of`.',
        headers: IdempotencyHeader,
        params: z.extend(ConversationParams, { messageId: MessageId }),
        body: AddVersionRequest,
        response: turnResponse,
      },
      onRequest: limits.rate('messages'),
    },
    async (request, reply) => {
      if (isStopping()) throw new RequestError('SHUTTING_DOWN');
      const { id, messageId } = request.params;
      const ref = { id, owner: askerOf(identities, request), client: limits.clientOf(request.raw) };
      const idempotency = toIdempotency(request.headers['idempotency-key'], { messageId, ...request.body });
      return sendTurn(reply, await conversations.addVersion(ref, messageId, request.body, idempotency));
    },
  );
}
