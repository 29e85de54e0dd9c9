import { type Conversation, Message } from '@darkroom/protocol';
import type { ConversationPage, MessagePage } from '../conversation-store.ts';
import { toCursor } from './sql-rows.ts';

interface ConversationRow {
  readonly id: string;
  readonly title: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface MessageRow {
  readonly id: number;
  readonly conversation_id: string;
  readonly role: string;
  readonly content: string;
  readonly metadata: string;
  readonly reply_to: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

const toIso = (at: number) => new Date(at).toISOString();

export function toConversation({ id, title, created_at, updated_at }: ConversationRow): Conversation {
  return { id, title, createdAt: toIso(created_at), updatedAt: toIso(updated_at) };
}

/** A page of `limit` from `limit + 1` rows: the one more says that there is a next page. */
export function toConversationPage(rows: readonly ConversationRow[], limit: number): ConversationPage {
  const kept = rows.slice(0, limit);
  const last = rows.length > limit ? kept.at(-1) : undefined;
  return { conversations: kept.map(toConversation), nextCursor: last && toCursor(last.updated_at, last.id) };
}

export function toMessage({ metadata, reply_to, created_at, updated_at, ...row }: MessageRow): Message {
  return Message.parse({
    ...row,
    extra_metadata: JSON.parse(metadata),
    ...(reply_to !== null && { reply_to }),
    created_at: toIso(created_at),
    updated_at: toIso(updated_at),
  });
}

/** A page of `limit` from `limit + 1` rows, newest first. */
export function toMessagePage(rows: readonly MessageRow[], limit: number): MessagePage {
  return { messages: rows.slice(0, limit).reverse().map(toMessage), more: rows.length > limit };
}
