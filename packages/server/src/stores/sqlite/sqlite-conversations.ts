import type { Conversation, Message } from '@darkroom/protocol';
import type {
  ConversationPage,
  ConversationStore,
  Idempotency,
  MessageChange,
  MessagePage,
  NewTurn,
  TurnResult,
} from '../../conversation-store.ts';
import { deepMerge, parseJsonObject } from '../deep-merge.ts';
import * as query from '../sql-conversation-queries.ts';
import { toConversation, toConversationPage, toMessage, toMessagePage } from '../sql-conversation-rows.ts';
import { parseCursor } from '../sql-rows.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** A turn that was made under the same key. */
interface KnownTurn {
  readonly messages: readonly Message[];
  readonly jobId: string | undefined;
  readonly sameRequest: boolean;
}

/** Conversations in the store's database. The methods that return no promise belong inside one of its writes. */
export class SqliteConversations implements ConversationStore {
  readonly #session: SqliteSession;

  constructor(session: SqliteSession) {
    this.#session = session;
  }

  async create(conversation: Conversation, owner: string): Promise<void> {
    await this.#session.write(() =>
      this.#session.run(query.insertConversation(this.#session.sql, conversation, owner)),
    );
  }

  async read(id: string, owner: string): Promise<Conversation | undefined> {
    const row = this.#session.read(query.selectConversation(this.#session.sql, id, owner))[0];
    return row && toConversation(row);
  }

  async count(owner: string): Promise<number> {
    return Number(this.#session.read(query.selectConversationCount(this.#session.sql, owner))[0]?.count ?? 0);
  }

  async list(owner: string, limit: number, cursor?: string): Promise<ConversationPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    return toConversationPage(
      this.#session.read(query.selectConversationPage(this.#session.sql, owner, limit + 1, after)),
      limit,
    );
  }

  async rename(id: string, owner: string, title: string, at: string): Promise<Conversation | undefined> {
    const key = { id, owner };
    await this.#session.write(() =>
      this.#session.run(query.updateTitle(this.#session.sql, key, title, Date.parse(at))),
    );
    return this.read(id, owner);
  }

  delete(id: string, owner: string): Promise<readonly string[] | undefined> {
    const { sql } = this.#session;
    return this.#session.write(() => {
      if (this.#session.run(query.deleteConversationRow(sql, { id, owner })) === 0) return undefined;
      const unfinished = this.#session.all(query.selectUnfinishedOf(sql, id)).map((row) => row.id);
      this.#session.run(query.deleteMessageRows(sql, id));
      this.#session.run(query.releaseJobs(sql, id));
      return unfinished;
    });
  }

  addTurn(turn: NewTurn): Promise<TurnResult> {
    return this.#session.write((): TurnResult => {
      const obstacle = this.findObstacle(turn);
      if (obstacle === undefined) return { outcome: 'created', messages: this.insertTurn(turn) };
      return obstacle === 'no-conversation' ? { outcome: obstacle } : { outcome: 'exists', ...obstacle };
    });
  }

  async findTurn(conversationId: string, idempotency: Idempotency): Promise<TurnResult | undefined> {
    const known = this.#findTurn(conversationId, idempotency);
    return known && { outcome: 'exists', messages: known.messages, sameRequest: known.sameRequest };
  }

  async readTurnOfJob(jobId: string): Promise<readonly Message[]> {
    const { sql } = this.#session;
    const row = this.#session.read(query.selectMessageOfJob(sql, jobId))[0];
    if (row === undefined) return [];
    return this.readTurn(row.conversation_id, row.reply_to ?? row.id);
  }

  async readTurn(conversationId: string, messageId: number): Promise<readonly Message[]> {
    return this.#session.read(query.selectTurn(this.#session.sql, conversationId, messageId)).map(toMessage);
  }

  async countMessages(conversationId: string): Promise<number> {
    return Number(this.#session.read(query.selectMessageCount(this.#session.sql, conversationId))[0]?.count ?? 0);
  }

  async readMessages(conversationId: string, limit: number, before?: number): Promise<MessagePage> {
    const rows = this.#session.read(query.selectMessages(this.#session.sql, conversationId, limit + 1, before));
    return toMessagePage(rows, limit);
  }

  /** What stands in a turn's way: its conversation is gone, or its key was used before. */
  findObstacle({ conversationId, owner, idempotency }: NewTurn): KnownTurn | 'no-conversation' | undefined {
    const conversation = this.#session.all(query.selectConversation(this.#session.sql, conversationId, owner))[0];
    if (conversation === undefined) return 'no-conversation';
    return idempotency && this.#findTurn(conversationId, idempotency);
  }

  insertTurn(turn: NewTurn): readonly Message[] {
    const { sql } = this.#session;
    const messages: Message[] = [];
    for (const message of turn.messages) {
      const rows = this.#session.all(query.insertMessage(sql, turn, message, messages[0]?.id));
      messages.push(...rows.map(toMessage));
    }
    this.#session.run(query.touchConversation(sql, turn));
    return messages;
  }

  /** Lays a job's news over its message. What changes nothing is not written. */
  applyChange(jobId: string, { content, metadata, news }: MessageChange, at: number): void {
    const { sql } = this.#session;
    const row = this.#session.all(query.selectMessageOfJob(sql, jobId))[0];
    if (row === undefined) return;
    const merged = JSON.stringify(deepMerge(parseJsonObject(row.metadata), metadata));
    if (merged !== row.metadata || content !== row.content)
      this.#session.run(query.updateMessage(sql, row.id, { content, metadata: merged }, at));
    if (news) this.#session.run(query.touchConversationOf(sql, row.conversation_id, at));
  }

  #findTurn(conversationId: string, { key, digest }: Idempotency): KnownTurn | undefined {
    const { sql } = this.#session;
    const first = this.#session.read(query.selectTurnByKey(sql, conversationId, key))[0];
    if (first === undefined) return undefined;
    const rows = this.#session.read(query.selectTurn(sql, conversationId, first.id));
    return {
      messages: rows.map(toMessage),
      jobId: rows.map(({ job_id }) => job_id).find((jobId) => jobId !== null) ?? undefined,
      sameRequest: first.idempotency_digest === digest,
    };
  }
}
