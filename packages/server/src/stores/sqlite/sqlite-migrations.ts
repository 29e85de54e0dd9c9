import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { separateKeys } from '../separate-keys.ts';

/** By name, in order; each runs once, in one transaction. A migration that was released is never changed. */
export const SQLITE_MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_jobs_and_events': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('jobs')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('ticket', 'integer', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('epoch', 'text', (column) => column.notNull())
        .addColumn('head', 'integer', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('updated_at', 'integer', (column) => column.notNull())
        .addColumn('job', 'text', (column) => column.notNull())
        .addColumn('idempotency_key', 'text', (column) => column.unique())
        .addColumn('idempotency_digest', 'text')
        .execute();
      await db.schema.createIndex('jobs_by_age').on('jobs').columns(['created_at', 'id']).execute();
      await db.schema.createIndex('jobs_by_status').on('jobs').columns(['status', 'ticket']).execute();
      await db.schema.createIndex('jobs_by_ticket').on('jobs').column('ticket').execute();
      await db.schema.createIndex('jobs_by_update').on('jobs').column('updated_at').execute();
      await db.schema
        .createTable('events')
        .addColumn('job_id', 'text', (column) => column.notNull())
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('events_pk', ['job_id', 'seq'])
        .modifyEnd(sql`without rowid`)
        .execute();
    },
  },
  '0002_conversations': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('jobs').addColumn('owner', 'text').execute();
      await db.schema.alterTable('jobs').addColumn('conversation_id', 'text').execute();
      await db.schema.createIndex('jobs_by_owner').on('jobs').columns(['owner', 'created_at', 'id']).execute();
      await db.schema.createIndex('jobs_by_conversation').on('jobs').column('conversation_id').execute();
      await db.schema
        .createTable('conversations')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('updated_at', 'integer', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('conversations_by_update')
        .on('conversations')
        .columns(['owner', 'updated_at', 'id'])
        .execute();
      await createMessages(db);
      await db.schema
        .createTable('settings')
        .addColumn('name', 'text', (column) => column.primaryKey().notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0003_workers': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('jobs').addColumn('worker', 'text').execute();
      await db.schema
        .createTable('workers')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('seen_at', 'integer', (column) => column.notNull())
        .addColumn('backends', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0004_commits': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('commits')
        .addColumn('session', 'text', (column) => column.primaryKey().notNull())
        .addColumn('mark', 'integer', (column) => column.notNull())
        .addColumn('made_at', 'integer', (column) => column.notNull())
        .execute();
    },
  },
  '0005_idempotency_keys': {
    async up(db: Kysely<unknown>): Promise<void> {
      await separateKeys(db);
    },
  },
  '0006_jobs_by_owner_and_status': {
    async up(db: Kysely<unknown>): Promise<void> {
      // An owner's unfinished jobs are counted for each job that it creates, however many it has ever had.
      await db.schema.createIndex('jobs_by_owner_status').on('jobs').columns(['owner', 'status']).execute();
    },
  },
};

async function createMessages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('messages')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement().notNull())
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('reply_to', 'integer')
    .addColumn('job_id', 'text', (column) => column.unique())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'integer', (column) => column.notNull())
    .addColumn('idempotency_key', 'text')
    .addColumn('idempotency_digest', 'text')
    .addUniqueConstraint('messages_key', ['conversation_id', 'idempotency_key'])
    .execute();
  await db.schema.createIndex('messages_by_place').on('messages').columns(['conversation_id', 'id']).execute();
}
