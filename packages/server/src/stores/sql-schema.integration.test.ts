import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipReason } from '../testing/machine.ts';
import { createSharedDatabase } from '../testing/shared-postgres.ts';
import { POSTGRES_MIGRATIONS } from './postgres/postgres-migrations.ts';
import { NodeSqliteDatabase } from './sqlite/node-sqlite-database.ts';
import { SQLITE_MIGRATIONS } from './sqlite/sqlite-migrations.ts';

/** The two databases' words for one kind of value. */
const KINDS: Readonly<Record<string, string>> = { integer: 'number', int8: 'number', text: 'text' };

async function migrate(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Tables and their columns, in order, with kind and nullability. */
async function tablesOf(db: Kysely<unknown>) {
  const tables = await db.introspection.getTables();
  return Object.fromEntries(
    tables.map(({ name, columns }) => [
      name,
      columns.map((column) => {
        const kind = KINDS[column.dataType.toLowerCase()] ?? column.dataType;
        return `${column.name} ${kind}${column.isNullable ? '?' : ''}`;
      }),
    ]),
  );
}

interface IndexRow {
  readonly name: string;
  readonly table: string;
  readonly columns: string;
  readonly unique: boolean | number;
}

/** Indexes by what they do; only those that a migration named have a name, the others are made by constraints. */
const describeIndexes = (rows: readonly IndexRow[]) =>
  rows
    .map(({ name, table, columns, unique }) => {
      const named = name.includes('_by_') ? `${name}: ` : '';
      return `${named}${table} (${columns})${unique === true || unique === 1 ? ' unique' : ''}`;
    })
    .sort();

const SQLITE_INDEXES = sql<IndexRow>`
  select i.name, t.name as "table", i."unique" as "unique",
    (select group_concat(c.name, ',') from (select name from pragma_index_info(i.name) order by seqno) c) as columns
  from sqlite_master t, pragma_index_list(t.name) i
  where t.type = 'table' and t.name not like 'kysely%' and t.name not like 'sqlite%'
  union all
  select 'key', 'messages', 1, 'id'`;

const POSTGRES_INDEXES = sql<IndexRow>`
  select c.relname as name, t.relname as "table", i.indisunique as "unique",
    (select string_agg(a.attname, ',' order by k.place)
     from unnest(i.indkey::int2[]) with ordinality k(column_number, place)
     join pg_attribute a on a.attrelid = t.oid and a.attnum = k.column_number) as columns
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = t.relnamespace
  where n.nspname = 'public' and t.relname not like 'kysely%'`;

const reason = skipReason('postgres');

describe.skipIf(reason !== undefined)(reason ?? 'The schemas of the SQL databases', () => {
  let postgres: Kysely<unknown>;
  const sqlite = new Kysely<unknown>({ dialect: new SqliteDialect({ database: new NodeSqliteDatabase(':memory:') }) });

  beforeAll(async () => {
    const pool = new Pool({ connectionString: (await createSharedDatabase()).href });
    postgres = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    await migrate(sqlite, SQLITE_MIGRATIONS);
    await migrate(postgres, POSTGRES_MIGRATIONS);
  });
  afterAll(async () => {
    await postgres?.destroy();
  });

  it('have the same migrations', () => {
    expect(Object.keys(POSTGRES_MIGRATIONS)).toEqual(Object.keys(SQLITE_MIGRATIONS));
  });

  it('have the same tables, with the same columns in the same order, of the same kinds, as often nullable', async () => {
    const tables = await tablesOf(sqlite);
    expect(Object.keys(tables)).toContain('jobs');
    expect(await tablesOf(postgres)).toEqual(tables);
  });

  it('have the same indexes on the same columns, unique where the others are', async () => {
    const indexes = describeIndexes((await SQLITE_INDEXES.execute(sqlite)).rows);
    expect(indexes).toContain('jobs_by_status: jobs (status,ticket)');
    expect(describeIndexes((await POSTGRES_INDEXES.execute(postgres)).rows)).toEqual(indexes);
  });
});
