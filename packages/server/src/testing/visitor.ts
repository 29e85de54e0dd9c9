import {
  type Conversation,
  ConversationListResponse,
  ConversationResponse,
  JobListResponse,
  type Message,
  MessageListResponse,
  type PostMessageRequest,
  TurnResponse,
} from '@darkroom/protocol';
import { expect } from 'vitest';

/** A person with a browser: keeps the cookie that proves who it is. */
export interface Visitor {
  /** For a WebSocket handshake. */
  readonly headers: Record<string, string>;
  /** A request under the server's address; `body` goes as JSON. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  converse(title?: string): Promise<Conversation>;
  /** Its conversations, newest first. */
  conversations(): Promise<readonly Conversation[]>;
  /** Ids of its own jobs that wait or run. */
  activeJobs(): Promise<readonly string[]>;
  /** Posts a message and expects it to be taken. */
  say(conversationId: string, message: PostMessageRequest, headers?: Record<string, string>): Promise<TurnResponse>;
  messages(conversationId: string): Promise<readonly Message[]>;
  /** The newest message. */
  last(conversationId: string): Promise<Message>;
}

/** `headers` of the same person's visits elsewhere, and what a proxy says of it each time. */
export function createVisitor(url: string, headers: Visitor['headers'] = {}): Visitor {
  let { cookie, ...always } = headers;

  const visitor: Visitor = {
    get headers(): Record<string, string> {
      return cookie === undefined ? always : { ...always, cookie };
    },
    async ask(method, path, body, headers = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...visitor.headers, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
      return response;
    },
    async converse(title) {
      const response = await visitor.ask('POST', '/api/conversations', title === undefined ? {} : { title });
      expect(response.status).toBe(201);
      return ConversationResponse.parse(await response.json()).conversation;
    },
    async conversations() {
      const response = await visitor.ask('GET', '/api/conversations');
      return ConversationListResponse.parse(await response.json()).conversations;
    },
    async activeJobs() {
      const response = await visitor.ask('GET', '/api/jobs?mine=true&state=active');
      return JobListResponse.parse(await response.json()).jobs.map(({ id }) => id);
    },
    async say(conversationId, message, headers) {
      const response = await visitor.ask('POST', `/api/conversations/${conversationId}/messages`, message, headers);
      expect(response.status).toBe(201);
      return TurnResponse.parse(await response.json());
    },
    async messages(conversationId) {
      const response = await visitor.ask('GET', `/api/conversations/${conversationId}/messages`);
      expect(response.status).toBe(200);
      return MessageListResponse.parse(await response.json()).messages;
    },
    async last(conversationId) {
      const message = (await visitor.messages(conversationId)).at(-1);
      if (message === undefined) throw new Error('nothing was said');
      return message;
    },
  };
  return visitor;
}
