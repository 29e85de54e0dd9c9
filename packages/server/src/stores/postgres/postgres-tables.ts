import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { toStorageError } from '../../storage-error.ts';
import { TABLE_NAMES, type Tables } from '../../tables.ts';
import type { Database } from '../sql-schema.ts';
import { SqlTables, type TablesDialect } from '../sql-tables.ts';
import { connectionOptions, withoutSecrets } from './postgres-connection.ts';
import { migratePostgres } from './postgres-session.ts';

type Db = Kysely<Database>;

/** Counting millions of rows takes seconds; a server that says nothing for so long is gone. */
const ANSWER_MS = 120_000;
/** The server notices within two minutes that this machine is gone, and lets go of what it held. */
const KEEPALIVE = 'set tcp_keepalives_idle = 60; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 6';

const dialect = (close: () => Promise<void>): TablesDialect => ({
  keepNumbers: sql`overriding system value`,
  readCounters: async (db) => {
    const { rows } = await sql<{ ticket: number; messageId: number }>`
      select (select case when is_called then last_value else 0 end from tickets) as ticket,
        (select case when is_called then last_value else 0 end from messages_id_seq) as "messageId"`.execute(db);
    return rows[0] ?? { ticket: 0, messageId: 0 };
  },
  raiseCounters: async (db, { ticket, messageId }) => {
    await sql`select setval('tickets', greatest(last_value, ${ticket})) from tickets where ${ticket} > 0`.execute(db);
    await sql`select setval('messages_id_seq', greatest(last_value, ${messageId})) from messages_id_seq
      where ${messageId} > 0`.execute(db);
  },
  countOthers: async (db) => {
    // In a transaction the server would go on showing what it showed first.
    await sql`select pg_stat_clear_snapshot()`.execute(db);
    const { rows } = await sql<{ others: number }>`select count(*) as others from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name like 'darkroom%'`.execute(db);
    return rows[0]?.others ?? 0;
  },
  lock: async (db) => {
    const tables = sql.join(TABLE_NAMES.map((table) => sql.table(table)));
    await sql`lock table ${tables} in share row exclusive mode`.execute(db);
  },
  close,
});

/** One connection, so that what it sees and holds is one connection's. */
function connect(url: URL): Db {
  const pool = new Pool({
    ...connectionOptions(url),
    application_name: 'darkroom-migrate',
    max: 1,
    idleTimeoutMillis: 0,
    statement_timeout: 0,
    query_timeout: ANSWER_MS,
    idle_in_transaction_session_timeout: 0,
  });
  // The next statement says it.
  pool.on('error', () => {});
  return new Kysely<Database>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async (connection) => void (await connection.executeQuery(CompiledQuery.raw(KEEPALIVE))),
    }),
  });
}

/**
 * Opens a database, which must exist, and brings its schema up to date. `reading`: it is seen as it is now until the end,
 * whoever writes to it meanwhile. Throws a `StorageError`.
 */
export async function openPostgresTables(url: URL, use: 'reading' | 'writing'): Promise<Tables> {
  const name = withoutSecrets(url);
  const db = connect(url);
  try {
    await migratePostgres(db);
    if (use === 'writing')
      return new SqlTables(
        name,
        db,
        dialect(() => db.destroy()),
      );
    const snapshot = await db
      .startTransaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute();
    const close = async () => {
      // A connection that broke has rolled back by itself.
      if (!snapshot.isRolledBack)
        await snapshot
          .rollback()
          .execute()
          .catch(() => {});
      await db.destroy();
    };
    return new SqlTables(name, snapshot, dialect(close));
  } catch (thrown) {
    await db.destroy();
    throw toStorageError(`cannot open the database ${name}`, thrown);
  }
}
