import { Kysely, SqliteDialect, sql } from 'kysely';
import { StorageError, toStorageError } from '../../storage-error.ts';
import type { Tables } from '../../tables.ts';
import type { Database } from '../sql-schema.ts';
import { SqlTables, type TablesDialect } from '../sql-tables.ts';
import { NodeSqliteDatabase } from './node-sqlite-database.ts';
import { migrateSqlite } from './sqlite-session.ts';

const BUSY = 5;

/** The one connection has the file for itself. The last ticket is in the rows; messages are numbered by `autoincrement`. */
const dialect = (db: Kysely<Database>): TablesDialect => ({
  keepNumbers: sql``,
  readCounters: async (reader) => {
    const { rows } = await sql<{ ticket: number; messageId: number }>`
      select coalesce((select max(ticket) from jobs), 0) as ticket,
        coalesce((select seq from sqlite_sequence where name = 'messages'), 0) as "messageId"`.execute(reader);
    return rows[0] ?? { ticket: 0, messageId: 0 };
  },
  raiseCounters: async (writer, { messageId }) => {
    await sql`insert into sqlite_sequence (name, seq) select 'messages', 0
      where not exists (select 1 from sqlite_sequence where name = 'messages')`.execute(writer);
    await sql`update sqlite_sequence set seq = max(seq, ${messageId}) where name = 'messages'`.execute(writer);
  },
  countOthers: async () => 0,
  lock: async () => {},
  close: () => db.destroy(),
});

/**
 * Opens a file (made if missing), brings its schema up to date, and locks it: no server can open it meanwhile, and one that
 * has it open is found here, even if it does nothing. Throws a `StorageError`.
 */
export async function openSqliteTables(path: string): Promise<Tables> {
  let file: NodeSqliteDatabase | undefined;
  try {
    file = new NodeSqliteDatabase(path);
    file.exec('pragma busy_timeout = 1000; pragma locking_mode = exclusive; pragma journal_mode = wal');
    file.exec('pragma synchronous = full; begin immediate; commit');
    const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: file }) });
    await migrateSqlite(db);
    return new SqlTables(path, db, dialect(db));
  } catch (thrown) {
    file?.close();
    if (thrown instanceof Error && 'errcode' in thrown && thrown.errcode === BUSY)
      throw new StorageError(`${path} is in use: stop the Darkroom on it`);
    throw toStorageError(`cannot open the database ${path}`, thrown);
  }
}
