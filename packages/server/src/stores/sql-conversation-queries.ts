import type { Conversation } from '@darkroom/protocol';
import type { Kysely } from 'kysely';
import type { NewMessage, NewTurn } from '../conversation-store.ts';
import { UNFINISHED } from './sql-queries.ts';
import type { Database } from './sql-schema.ts';

/** The statements of conversations, built once for every SQL dialect. */
type Db = Kysely<Database>;

const MESSAGE = [
  'id',
  'conversation_id',
  'role',
  'content',
  'metadata',
  'reply_to',
  'created_at',
  'updated_at',
] as const;

export function insertConversation(db: Db, { id, title, createdAt, updatedAt }: Conversation, owner: string) {
  return db
    .insertInto('conversations')
    .values({ id, owner, title, created_at: Date.parse(createdAt), updated_at: Date.parse(updatedAt) });
}

export function selectConversation(db: Db, id: string, owner: string) {
  return db
    .selectFrom('conversations')
    .select(['id', 'title', 'created_at', 'updated_at'])
    .where('id', '=', id)
    .where('owner', '=', owner);
}

export function selectConversationCount(db: Db, owner: string) {
  return db
    .selectFrom('conversations')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner', '=', owner);
}

export function selectMessageCount(db: Db, conversationId: string) {
  return db
    .selectFrom('messages')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('conversation_id', '=', conversationId);
}

/** Last changed first, after the place `(at, id)` if one is given. */
export function selectConversationPage(
  db: Db,
  owner: string,
  limit: number,
  after: { readonly createdAt: number; readonly id: string } | undefined,
) {
  const page = db
    .selectFrom('conversations')
    .select(['id', 'title', 'created_at', 'updated_at'])
    .where('owner', '=', owner);
  const rest =
    after === undefined
      ? page
      : page.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('updated_at', 'id'), '<', tuple(after.createdAt, after.id)),
        );
  return rest.orderBy('updated_at', 'desc').orderBy('id', 'desc').limit(limit);
}

export function updateTitle(db: Db, { id, owner }: ConversationKey, title: string, at: number) {
  return db.updateTable('conversations').set({ title, updated_at: at }).where('id', '=', id).where('owner', '=', owner);
}

/** Its owner's eyes only. */
export interface ConversationKey {
  readonly id: string;
  readonly owner: string;
}

/** Something new in it; a conversation without a title gets this one. */
export function touchConversation(db: Db, { conversationId, owner, title, at }: NewTurn) {
  return db
    .updateTable('conversations')
    .set((eb) => ({
      updated_at: Date.parse(at),
      title: eb.case().when('title', '=', '').then(title).else(eb.ref('title')).end(),
    }))
    .where('id', '=', conversationId)
    .where('owner', '=', owner);
}

export function touchConversationOf(db: Db, conversationId: string, at: number) {
  return db.updateTable('conversations').set({ updated_at: at }).where('id', '=', conversationId);
}

export function deleteConversationRow(db: Db, { id, owner }: ConversationKey) {
  return db.deleteFrom('conversations').where('id', '=', id).where('owner', '=', owner);
}

export function deleteMessageRows(db: Db, conversationId: string) {
  return db.deleteFrom('messages').where('conversation_id', '=', conversationId);
}

export function selectUnfinishedOf(db: Db, conversationId: string) {
  return db
    .selectFrom('jobs')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('status', 'in', UNFINISHED);
}

/** Its jobs are nobody's message any more. */
export function releaseJobs(db: Db, conversationId: string) {
  return db.updateTable('jobs').set({ conversation_id: null }).where('conversation_id', '=', conversationId);
}

/** One message of a turn; the first has the turn's key, the others answer it. */
export function insertMessage(db: Db, turn: NewTurn, message: NewMessage, replyTo: number | undefined) {
  const idempotency = replyTo === undefined ? turn.idempotency : undefined;
  return db
    .insertInto('messages')
    .values({
      conversation_id: turn.conversationId,
      role: message.role,
      content: message.content,
      metadata: JSON.stringify(message.metadata),
      reply_to: replyTo ?? null,
      job_id: message.metadata.type === 'image' ? message.metadata.job_id : null,
      created_at: Date.parse(turn.at),
      updated_at: Date.parse(turn.at),
      idempotency_key: idempotency?.key ?? null,
      idempotency_digest: idempotency?.digest ?? null,
    })
    .returning(MESSAGE);
}

export function selectTurnByKey(db: Db, conversationId: string, key: string) {
  return db
    .selectFrom('messages')
    .select(['id', 'idempotency_digest'])
    .where('conversation_id', '=', conversationId)
    .where('idempotency_key', '=', key);
}

/** The message that carries the job's state. */
export function selectMessageOfJob(db: Db, jobId: string) {
  return db
    .selectFrom('messages')
    .select([...MESSAGE])
    .where('job_id', '=', jobId);
}

/** A turn by its first message's id: turns are short, and written in one go. */
export function selectTurn(db: Db, conversationId: string, firstId: number) {
  return db
    .selectFrom('messages')
    .select([...MESSAGE, 'job_id'])
    .where('conversation_id', '=', conversationId)
    .where((eb) => eb.or([eb('id', '=', firstId), eb('reply_to', '=', firstId)]))
    .where('id', '>=', firstId)
    .orderBy('id')
    .limit(2);
}

/** Newest first. */
export function selectMessages(db: Db, conversationId: string, limit: number, before: number | undefined) {
  const all = db.selectFrom('messages').select(MESSAGE).where('conversation_id', '=', conversationId);
  return (before === undefined ? all : all.where('id', '<', before)).orderBy('id', 'desc').limit(limit);
}

export function updateMessage(db: Db, messageId: number, fields: { content: string; metadata: string }, at: number) {
  return db
    .updateTable('messages')
    .set({ ...fields, updated_at: at })
    .where('id', '=', messageId);
}
