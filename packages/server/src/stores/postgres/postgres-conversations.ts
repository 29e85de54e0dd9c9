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
import type { PostgresSession } from './postgres-session.ts';
import type { Runner } from './postgres-transaction.ts';

/** A turn that was made under the same key. */
interface KnownTurn {
  readonly messages: readonly Message[];
  readonly jobId: string | undefined;
  readonly sameRequest: boolean;
}

/** Writes of one conversation are done one after the other. */
export const conversationKey = (id: string) => `conversation ${id}`;

/** Conversations in the store's database. The methods that take a transaction belong inside one of its writes. */
export class PostgresConversations implements ConversationStore {
  readonly #session: PostgresSession;

  constructor(session: PostgresSession) {
    this.#session = session;
  }

  async create(conversation: Conversation, owner: string): Promise<void> {
    await this.#session.write(conversationKey(conversation.id), (transaction) =>
      transaction.run(query.insertConversation(this.#session.sql, conversation, owner)),
    );
  }

  async read(id: string, owner: string): Promise<Conversation | undefined> {
    const row = (await this.#session.all(query.selectConversation(this.#session.sql, id, owner)))[0];
    return row && toConversation(row);
  }

  async count(owner: string): Promise<number> {
    return Number((await this.#session.all(query.selectConversationCount(this.#session.sql, owner)))[0]?.count ?? 0);
  }

  async list(owner: string, limit: number, cursor?: string): Promise<ConversationPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const rows = await this.#session.all(query.selectConversationPage(this.#session.sql, owner, limit + 1, after));
    return toConversationPage(rows, limit);
  }

  async rename(id: string, owner: string, title: string, at: string): Promise<Conversation | undefined> {
    await this.#session.write(conversationKey(id), (transaction) =>
      transaction.run(query.updateTitle(this.#session.sql, { id, owner }, title, Date.parse(at))),
    );
    return this.read(id, owner);
  }

  delete(id: string, owner: string): Promise<readonly string[] | undefined> {
    const { sql } = this.#session;
    return this.#session.write(conversationKey(id), async (transaction) => {
      if ((await transaction.run(query.deleteConversationRow(sql, { id, owner }))) === 0) return undefined;
      const unfinished = await transaction.all(query.selectUnfinishedOf(sql, id));
      await transaction.run(query.deleteMessageRows(sql, id));
      await transaction.run(query.releaseJobs(sql, id));
      return unfinished.map((row) => row.id);
    });
  }

  addTurn(turn: NewTurn): Promise<TurnResult> {
    return this.#session.write(conversationKey(turn.conversationId), async (transaction): Promise<TurnResult> => {
      const obstacle = await this.findObstacle(transaction, turn);
      if (obstacle === undefined) return { outcome: 'created', messages: await this.insertTurn(transaction, turn) };
      return obstacle === 'no-conversation' ? { outcome: obstacle } : { outcome: 'exists', ...obstacle };
    });
  }

  async findTurn(conversationId: string, idempotency: Idempotency): Promise<TurnResult | undefined> {
    const known = await this.#findTurn(this.#session, conversationId, idempotency);
    return known && { outcome: 'exists', messages: known.messages, sameRequest: known.sameRequest };
  }

  async readTurnOfJob(jobId: string): Promise<readonly Message[]> {
    const row = (await this.#session.all(query.selectMessageOfJob(this.#session.sql, jobId)))[0];
    return row === undefined ? [] : this.readTurn(row.conversation_id, row.reply_to ?? row.id);
  }

  async readTurn(conversationId: string, messageId: number): Promise<readonly Message[]> {
    const rows = await this.#session.all(query.selectTurn(this.#session.sql, conversationId, messageId));
    return rows.map(toMessage);
  }

  async countMessages(conversationId: string): Promise<number> {
    const rows = await this.#session.all(query.selectMessageCount(this.#session.sql, conversationId));
    return Number(rows[0]?.count ?? 0);
  }

  async readMessages(conversationId: string, limit: number, before?: number): Promise<MessagePage> {
    const rows = await this.#session.all(query.selectMessages(this.#session.sql, conversationId, limit + 1, before));
    return toMessagePage(rows, limit);
  }

  /**
   * What stands in a turn's way: its conversation is gone, or its key was used before. Locks the conversation, so that
   * the answer still holds when the turn is written, whatever other processes do.
   */
  async findObstacle(
    transaction: Runner,
    { conversationId, owner, idempotency }: NewTurn,
  ): Promise<KnownTurn | 'no-conversation' | undefined> {
    const { sql } = this.#session;
    const locked = await transaction.all(query.selectConversation(sql, conversationId, owner).forUpdate());
    if (locked.length === 0) return 'no-conversation';
    return idempotency && this.#findTurn(transaction, conversationId, idempotency);
  }

  async insertTurn(transaction: Runner, turn: NewTurn): Promise<readonly Message[]> {
    const { sql } = this.#session;
    const messages: Message[] = [];
    for (const message of turn.messages) {
      const rows = await transaction.all(query.insertMessage(sql, turn, message, messages[0]?.id));
      messages.push(...rows.map(toMessage));
    }
    await transaction.run(query.touchConversation(sql, turn));
    return messages;
  }

  /** Lays a job's news over its message. What changes nothing is not written. The job's row is locked by its append. */
  async applyChange(
    transaction: Runner,
    jobId: string,
    { content, metadata, news }: MessageChange,
    at: number,
  ): Promise<void> {
    const { sql } = this.#session;
    const row = (await transaction.all(query.selectMessageOfJob(sql, jobId)))[0];
    if (row === undefined) return;
    const merged = JSON.stringify(deepMerge(parseJsonObject(row.metadata), metadata));
    if (merged !== row.metadata || content !== row.content)
      await transaction.run(query.updateMessage(sql, row.id, { content, metadata: merged }, at));
    if (news) await transaction.run(query.touchConversationOf(sql, row.conversation_id, at));
  }

  async #findTurn(
    runner: Pick<Runner, 'all'>,
    conversationId: string,
    { key, digest }: Idempotency,
  ): Promise<KnownTurn | undefined> {
    const { sql } = this.#session;
    const first = (await runner.all(query.selectTurnByKey(sql, conversationId, key)))[0];
    if (first === undefined) return undefined;
    const rows = await runner.all(query.selectTurn(sql, conversationId, first.id));
    return {
      messages: rows.map(toMessage),
      jobId: rows.map(({ job_id }) => job_id).find((jobId) => jobId !== null) ?? undefined,
      sameRequest: first.idempotency_digest === digest,
    };
  }
}
