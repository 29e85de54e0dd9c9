import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

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
};
