import {
  type AddVersionRequest,
  type Conversation,
  ConversationListResponse,
  ConversationResponse,
  MessageListResponse,
  type PostMessageRequest,
  TurnResponse,
} from '@darkroom/protocol';
import type { DarkroomClient } from './client.ts';

/** One's own conversations at a Darkroom server (rules M1–M7). Every failure is a `DarkroomError`. */
export interface Conversations {
  /** A page, last changed first. */
  list(query?: { readonly limit?: number; readonly cursor?: string | undefined }): Promise<ConversationListResponse>;
  create(title?: string): Promise<Conversation>;
  rename(conversationId: string, title: string): Promise<Conversation>;
  /** Removes it, and stops what is being made for it. */
  remove(conversationId: string): Promise<void>;
  /** The newest messages, or those before one; oldest first. */
  messages(
    conversationId: string,
    query?: { readonly limit?: number; readonly before?: number | undefined },
  ): Promise<MessageListResponse>;
  /** Says something. The same `idempotencyKey` again gets the first answer: nothing is said, or drawn, twice. */
  post(conversationId: string, request: PostMessageRequest, idempotencyKey: string): Promise<TurnResponse>;
  /** Asks for a picture again in other words. */
  addVersion(
    conversationId: string,
    messageId: number,
    request: AddVersionRequest,
    idempotencyKey: string,
  ): Promise<TurnResponse>;
}

const path = (conversationId: string, below = '') => `api/conversations/${encodeURIComponent(conversationId)}${below}`;

/** The conversations that `client` may see. An entry of its own, so that pages without them do not load them. */
export function conversationsOf(client: DarkroomClient): Conversations {
  const turn = async (below: string, body: unknown, idempotencyKey: string) => {
    const asked = {
      method: 'POST',
      path: below,
      body,
      idempotencyKey,
      repeatable: true,
      answer: TurnResponse,
    } as const;
    const answer = await client.ask(asked);
    if (answer.job !== undefined) client.learnJob(answer.job);
    return answer;
  };
  return {
    list: (query = {}) =>
      client.ask({
        method: 'GET',
        path: 'api/conversations',
        query: { ...query },
        repeatable: true,
        answer: ConversationListResponse,
      }),
    async create(title) {
      const body = title === undefined ? {} : { title };
      const asked = { method: 'POST', path: 'api/conversations', body, repeatable: false } as const;
      return (await client.ask({ ...asked, answer: ConversationResponse })).conversation;
    },
    async rename(id, title) {
      const asked = { method: 'PATCH', path: path(id), body: { title }, repeatable: true } as const;
      return (await client.ask({ ...asked, answer: ConversationResponse })).conversation;
    },
    // The second of two tries finds nothing: that is what was wanted.
    async remove(id) {
      const answer = { safeParse: () => ({ success: true, data: undefined }) } as const;
      await client.ask({ method: 'DELETE', path: path(id), repeatable: true, alsoFine: [404], answer });
    },
    messages: (id, query = {}) =>
      client.ask({
        method: 'GET',
        path: path(id, '/messages'),
        query: { ...query },
        repeatable: true,
        answer: MessageListResponse,
      }),
    post: (id, request, key) => turn(path(id, '/messages'), request, key),
    addVersion: (id, messageId, request, key) => turn(path(id, `/messages/${messageId}/versions`), request, key),
  };
}
