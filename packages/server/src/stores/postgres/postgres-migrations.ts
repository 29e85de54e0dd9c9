import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { separateKeys } from '../separate-keys.ts';

/** Compared byte by byte: an order of letters that an operating system's update changes would break the indexes. */
const ID = sql`text collate "C"`;

/**
 * By name, in order; each runs once, however many processes start at the same time. A migration that was released is
 * never changed. They keep step with SQLite's, name by name; a test compares what the two make.
 */
export const POSTGRES_MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_jobs_and_events': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create sequence tickets`.execute(db);
      await db.schema
        .createTable('jobs')
        .addColumn('id', ID, (column) => column.primaryKey().notNull())
        .addColumn('ticket', 'bigint', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('epoch', 'text', (column) => column.notNull())
        .addColumn('head', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addColumn('job', 'text', (column) => column.notNull())
        .addColumn('idempotency_key', ID, (column) => column.unique())
        .addColumn('idempotency_digest', 'text')
        .execute();
      await db.schema.createIndex('jobs_by_age').on('jobs').columns(['created_at', 'id']).execute();
      await db.schema.createIndex('jobs_by_status').on('jobs').columns(['status', 'ticket']).execute();
      await db.schema.createIndex('jobs_by_ticket').on('jobs').column('ticket').execute();
      await db.schema.createIndex('jobs_by_update').on('jobs').column('updated_at').execute();
      await db.schema
        .createTable('events')
        .addColumn('job_id', ID, (column) => column.notNull())
        .addColumn('seq', 'bigint', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('events_pk', ['job_id', 'seq'])
        .execute();
    },
  },
  '0002_conversations': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('jobs').addColumn('owner', ID).execute();
      await db.schema.alterTable('jobs').addColumn('conversation_id', ID).execute();
      await db.schema.createIndex('jobs_by_owner').on('jobs').columns(['owner', 'created_at', 'id']).execute();
      await db.schema.createIndex('jobs_by_conversation').on('jobs').column('conversation_id').execute();
      await db.schema
        .createTable('conversations')
        .addColumn('id', ID, (column) => column.primaryKey().notNull())
        .addColumn('owner', ID, (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('conversations_by_update')
        .on('conversations')
        .columns(['owner', 'updated_at', 'id'])
        .execute();
      await createMessages(db);
      await db.schema
        .createTable('settings')
        .addColumn('name', ID, (column) => column.primaryKey().notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0003_workers': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('jobs').addColumn('worker', ID).execute();
      await db.schema
        .createTable('workers')
        .addColumn('id', ID, (column) => column.primaryKey().notNull())
        .addColumn('seen_at', 'bigint', (column) => column.notNull())
        .addColumn('backends', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '0004_commits': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('commits')
        .addColumn('session', ID, (column) => column.primaryKey().notNull())
        .addColumn('mark', 'bigint', (column) => column.notNull())
        .addColumn('made_at', 'bigint', (column) => column.notNull())
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
    .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity().notNull())
    .addColumn('conversation_id', ID, (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('reply_to', 'bigint')
    .addColumn('job_id', ID, (column) => column.unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('idempotency_key', ID)
    .addColumn('idempotency_digest', 'text')
    .addUniqueConstraint('messages_key', ['conversation_id', 'idempotency_key'])
    .execute();
  await db.schema.createIndex('messages_by_place').on('messages').columns(['conversation_id', 'id']).execute();
}
