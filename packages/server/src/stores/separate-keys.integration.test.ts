import { join } from 'node:path';
import { type Job, LIMITS } from '@darkroom/protocol';
import { type Dialect, Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Pool } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../store.ts';
import { skipReason } from '../testing/machine.ts';
import { firstEvent, recordOf, sampleJob } from '../testing/sample-job.ts';
import { createSharedDatabase } from '../testing/shared-postgres.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { POSTGRES_MIGRATIONS } from './postgres/postgres-migrations.ts';
import { PostgresStore } from './postgres/postgres-store.ts';
import type { Database } from './sql-schema.ts';
import { NodeSqliteDatabase } from './sqlite/node-sqlite-database.ts';
import { SQLITE_MIGRATIONS } from './sqlite/sqlite-migrations.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';

/** A database of the version before. */
interface OldDatabase {
  readonly dialect: Dialect;
  readonly migrations: Readonly<Record<string, Migration>>;
  readonly open: () => Promise<Store>;
}

async function oldSqlite(): Promise<OldDatabase> {
  const path = join(await tempFolder(), 'darkroom.sqlite');
  const dialect = new SqliteDialect({ database: new NodeSqliteDatabase(path) });
  return { dialect, migrations: SQLITE_MIGRATIONS, open: () => SqliteStore.open(path) };
}

async function oldPostgres(): Promise<OldDatabase> {
  const url = await createSharedDatabase();
  const dialect = new PostgresDialect({ pool: new Pool({ connectionString: url.href }) });
  return { dialect, migrations: POSTGRES_MIGRATIONS, open: () => PostgresStore.open(url) };
}

/** Opens the store on a database in which the version before has kept these jobs. */
async function openWith(old: OldDatabase, rows: readonly { job: Job; key: string | null; owner: string | null }[]) {
  const db = new Kysely<Database>({ dialect: old.dialect });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...old.migrations }) } });
  expect((await migrator.migrateTo('0004_commits')).error).toBeUndefined();
  for (const [index, { job, key, owner }] of rows.entries())
    await db
      .insertInto('jobs')
      .values({
        id: job.id,
        ticket: index + 1,
        status: job.status,
        epoch: 'e',
        head: 1,
        created_at: Date.parse(job.createdAt),
        updated_at: Date.parse(job.updatedAt),
        job: JSON.stringify(job),
        idempotency_key: key,
        idempotency_digest: key === null ? null : 'd',
        owner,
      })
      .execute();
  await db.destroy();
  const store = await old.open();
  onTestFinished(() => store.close());
  return store;
}

/** As `user-header-identities.ts` makes it. */
const USER = `user:${'D'.repeat(43)}`;
const VISITOR = 'v'.repeat(22);
const OTHER = 'o'.repeat(22);

const find = async (store: Store, key: string, owner?: string) => {
  const found = await store.findCreated({ key, digest: 'd', owner });
  return found && recordOf(found).job.id;
};

const reason = skipReason('postgres');

describe.each([
  ['SQLite', undefined, oldSqlite],
  ['PostgreSQL', reason, oldPostgres],
])('Migration 0005 on %s', (_name, skip, createOld) => {
  it.skipIf(skip !== undefined)('keeps every key with its owner, and finds no job under a key of another', async () => {
    const [bare, first, owned, named, planted] = [sampleJob(), sampleJob(), sampleJob(), sampleJob(), sampleJob()];
    const store = await openWith(await createOld(), [
      { job: bare, key: 'bare', owner: null },
      { job: first, key: 'k', owner: VISITOR },
      { job: owned, key: `${OTHER} k`, owner: OTHER },
      { job: named, key: `${USER} k`, owner: USER },
      // By a request without an identity.
      { job: planted, key: `${USER} other`, owner: VISITOR },
      { job: sampleJob(), key: null, owner: USER },
      { job: sampleJob(), key: null, owner: null },
    ]);
    expect(await find(store, 'bare')).toBe(bare.id);
    expect(await find(store, 'k')).toBe(first.id);
    expect(await find(store, 'k', VISITOR)).toBe(first.id);
    expect(await find(store, 'k', OTHER)).toBe(owned.id);
    expect(await find(store, 'k', USER)).toBe(named.id);
    expect(await find(store, `${USER} other`)).toBe(planted.id);
    expect(await find(store, `${USER} k`)).toBeUndefined();
    expect(await find(store, `${OTHER} k`)).toBeUndefined();
    expect(await find(store, 'other', USER)).toBeUndefined();
    expect(await find(store, 'bare', USER)).toBeUndefined();
    expect((await store.listJobs(LIMITS.jobsPerPage)).jobs).toHaveLength(7);
  });

  it.skipIf(skip !== undefined)('leaves the keys free that no request has used', async () => {
    const store = await openWith(await createOld(), [{ job: sampleJob(), key: `${USER} k`, owner: USER }]);
    const job = sampleJob();
    const idempotency = { key: `${USER} k`, digest: 'd' };
    const made = await store.createJob(job, 'e', firstEvent(job), { owner: VISITOR, idempotency });
    expect(made.outcome).toBe('created');
    expect(await find(store, `${USER} k`)).toBe(job.id);
  });
});
