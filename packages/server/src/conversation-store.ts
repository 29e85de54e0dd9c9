import type { Conversation, Message, MessageMetadata, MessageRole, PictureMetadata } from '@darkroom/protocol';

/** Lets a repeated request be recognised. */
export interface Idempotency {
  readonly key: string;
  /** Digest of the request; another digest under the same key is a conflict. */
  readonly digest: string;
  /** Whose key it is; undefined: somebody's without an identity, and all of those share theirs. A turn's is its conversation's. */
  readonly owner?: string | undefined;
}

export interface NewMessage {
  readonly role: MessageRole;
  readonly content: string;
  readonly metadata: MessageMetadata;
}

/** What is said and answered in one go: kept together or not at all. */
export interface NewTurn {
  readonly conversationId: string;
  readonly owner: string;
  /** ISO 8601. */
  readonly at: string;
  /** The first is what was said; the others answer it. */
  readonly messages: readonly NewMessage[];
  /** Names a conversation that has no title yet. */
  readonly title: string;
  /** Within the conversation. */
  readonly idempotency?: Idempotency | undefined;
}

export type TurnResult =
  | { readonly outcome: 'created'; readonly messages: readonly Message[] }
  /** The key was used before; `sameRequest` says whether for the same request. */
  | { readonly outcome: 'exists'; readonly messages: readonly Message[]; readonly sameRequest: boolean }
  /** The owner has no such conversation (any more). */
  | { readonly outcome: 'no-conversation' };

/** Fields of a picture's metadata that are to change: what is not named stays, null takes a field away. */
export type MetadataPatch = {
  readonly [Key in keyof PictureMetadata]?: Exclude<PictureMetadata[Key], undefined> | null;
};

/** What a job's event changes in its message. */
export interface MessageChange {
  readonly content: string;
  readonly metadata: MetadataPatch;
  /** A reader of the conversation should know: its `updatedAt` moves too (rule M8). */
  readonly news: boolean;
}

export interface ConversationPage {
  readonly conversations: readonly Conversation[];
  /** Pass it to get the next page; undefined on the last. */
  readonly nextCursor: string | undefined;
}

export interface MessagePage {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/**
 * Where conversations are kept, beside the jobs they ask for: a turn with a job is written by `Store.createJob`, a
 * message's change by `Store.append`, each in one transaction with the job. Who is not the owner finds nothing.
 */
export interface ConversationStore {
  create(conversation: Conversation, owner: string): Promise<void>;
  read(id: string, owner: string): Promise<Conversation | undefined>;
  /** Number of this owner's conversations. */
  count(owner: string): Promise<number>;
  /** Last changed first. An unknown cursor is a `RangeError`. */
  list(owner: string, limit: number, cursor?: string): Promise<ConversationPage>;
  /** The conversation under its new title; undefined if there is none. `at` is ISO 8601. */
  rename(id: string, owner: string, title: string, at: string): Promise<Conversation | undefined>;
  /** Removes it with its messages; its jobs stay. Answers the ids of those that are not over; undefined if there is none. */
  delete(id: string, owner: string): Promise<readonly string[] | undefined>;
  /** A turn without a job. */
  addTurn(turn: NewTurn): Promise<TurnResult>;
  /** The turn that was made under this key before, as `addTurn` would find it. */
  findTurn(conversationId: string, idempotency: Idempotency): Promise<TurnResult | undefined>;
  /** The messages of the turn that asked for the job, oldest first; none if it belongs to no conversation. */
  readTurnOfJob(jobId: string): Promise<readonly Message[]>;
  /** The message and the one that answers it; only itself if nothing does; none if there is no such message. */
  readTurn(conversationId: string, messageId: number): Promise<readonly Message[]>;
  /** Number of messages in a conversation. */
  countMessages(conversationId: string): Promise<number>;
  /** The newest `limit`, or the newest before a message's id. */
  readMessages(conversationId: string, limit: number, before?: number): Promise<MessagePage>;
}
