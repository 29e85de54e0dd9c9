import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { concernsOneWrite, toStorageError } from '../../storage-error.ts';
import type { Database } from '../sql-schema.ts';
import { NodeSqliteDatabase } from './node-sqlite-database.ts';
import { SQLITE_MIGRATIONS } from './sqlite-migrations.ts';

/** A write that waits for the transaction of its turn. */
interface QueuedWrite {
  /** Runs inside the transaction; again, if the first one was rolled back because of another write. */
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One open database: reads at once, writes of one turn of the event loop in one transaction. */
export class SqliteSession {
  readonly #db: NodeSqliteDatabase;
  /** Builds statements; they are run here. */
  readonly sql: Kysely<Database>;
  #queued: QueuedWrite[] = [];
  #closed = false;

  private constructor(db: NodeSqliteDatabase) {
    this.#db = db;
    this.sql = new Kysely<Database>({ dialect: new SqliteDialect({ database: db }) });
  }

  /** Opens the file (made if missing) and brings its schema up to date. */
  static async open(path: string): Promise<SqliteSession> {
    const db = new NodeSqliteDatabase(path);
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000');
    const session = new SqliteSession(db);
    await migrateSqlite(session.sql);
    return session;
  }

  /**
   * Runs `work` inside the transaction of this turn; resolves with what it returned once that is on disk. It may run
   * again, if another write of the turn failed.
   */
  async write<T>(work: () => T): Promise<T> {
    let result: { readonly value: T } | undefined;
    await new Promise<void>((resolve, reject) => {
      if (this.#queued.length === 0) setImmediate(() => this.#flush());
      const run = () => {
        result = { value: work() };
      };
      this.#queued.push({ run, resolve, reject });
    });
    if (result === undefined) throw new Error('the write did not run');
    return result.value;
  }

  /** Runs a statement inside a write; answers the number of rows it changed. */
  run(statement: { compile(): CompiledQuery }): number {
    return this.#db.run(statement.compile());
  }

  /** Runs a query inside a write. */
  all<Row>(statement: { compile(): CompiledQuery<Row> }): Row[] {
    return this.#db.all(statement.compile());
  }

  /** A read outside a write: driver errors become `StorageError`s. */
  read<Row>(statement: { compile(): CompiledQuery<Row> }): Row[] {
    try {
      return this.all(statement);
    } catch (thrown) {
      throw toStorageError('cannot read the database', thrown);
    }
  }

  /** Takes and gives back the write lock: a full or read-only disk says so only when written to, so a page is touched. */
  async check(): Promise<void> {
    await this.write(() => this.#db.exec('pragma user_version = 1'));
  }

  /**
   * Writes the whole file again, with nothing in it but the rows there are, and empties its log: blocks, for seconds where
   * it holds gigabytes. Throws a `StorageError`.
   */
  rewrite(): void {
    try {
      this.#db.exec('vacuum; pragma wal_checkpoint(truncate)');
    } catch (thrown) {
      throw toStorageError('cannot rewrite the database', thrown);
    }
  }

  /** Waits for writes under way. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#db.close();
  }

  /** Commits all queued writes in one transaction, without those that fail. If the storage itself fails, all do. */
  #flush(): void {
    const writes = this.#queued;
    if (writes.length === 0) return;
    this.#queued = [];
    let failures: ReadonlyMap<QueuedWrite, unknown> = new Map();
    try {
      if (this.#closed) throw new Error('the store is closed');
      failures = this.#commit(writes);
    } catch (thrown) {
      failures = new Map(writes.map((write) => [write, thrown]));
    }
    for (const write of writes) {
      if (failures.has(write)) write.reject(toStorageError('cannot write to the database', failures.get(write)));
      else write.resolve();
    }
  }

  /** Commits the writes and returns the errors of those that failed and are left out. Throws if the storage itself fails. */
  #commit(writes: readonly QueuedWrite[]): ReadonlyMap<QueuedWrite, unknown> {
    try {
      this.#transact(() => {
        for (const write of writes) write.run();
      });
      return new Map();
    } catch (thrown) {
      if (writes.length === 1 || !concernsOneWrite(thrown)) throw thrown;
      return this.#commitApart(writes);
    }
  }

  /** The same with a savepoint for each write, which is slower: used only after one of them has failed. */
  #commitApart(writes: readonly QueuedWrite[]): ReadonlyMap<QueuedWrite, unknown> {
    const failures = new Map<QueuedWrite, unknown>();
    this.#transact(() => {
      for (const write of writes) {
        this.#db.exec('savepoint one_write');
        try {
          write.run();
        } catch (thrown) {
          if (!concernsOneWrite(thrown)) throw thrown;
          failures.set(write, thrown);
          this.#db.exec('rollback to one_write');
        }
        this.#db.exec('release one_write');
      }
    });
    return failures;
  }

  #transact(work: () => void): void {
    try {
      this.#db.exec('begin immediate');
      work();
      this.#db.exec('commit');
    } catch (thrown) {
      this.#rollBack();
      throw thrown;
    }
  }

  /** SQLite has often rolled back by itself when a disk is full; a second time is an error of no interest. */
  #rollBack(): void {
    try {
      this.#db.exec('rollback');
    } catch {}
  }
}

/** Brings the schema up to date. */
export async function migrateSqlite(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...SQLITE_MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
