import type { Job, ProgressEvent } from '@darkroom/protocol';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { toStorageError } from '../../storage-error.ts';
import type { AppendWrite, CreateResult, Idempotency, JobPage, JobRecord, Store } from '../../store.ts';
import * as query from '../sql-queries.ts';
import { parseCursor, toEvent, toPage, toRecord } from '../sql-rows.ts';
import type { Database } from '../sql-schema.ts';
import { NodeSqliteDatabase } from './node-sqlite-database.ts';
import { SQLITE_MIGRATIONS } from './sqlite-migrations.ts';

/** A write that waits for the transaction of its turn. */
interface QueuedWrite {
  /** Runs inside the transaction. */
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * SQLite in one file, or in memory (`:memory:`). Write-ahead log, every commit synced. Writes asked for in one turn of
 * the event loop are committed together, so that a hundred jobs cost one sync, not a hundred.
 */
export class SqliteStore implements Store {
  readonly #db: NodeSqliteDatabase;
  readonly #sql: Kysely<Database>;
  #queued: QueuedWrite[] = [];
  #lastTicket = 0;
  #closed = false;

  private constructor(db: NodeSqliteDatabase) {
    this.#db = db;
    this.#sql = new Kysely<Database>({ dialect: new SqliteDialect({ database: db }) });
  }

  /** Opens the file (made if missing) and brings its schema up to date. Throws a `StorageError`. */
  static async open(path: string): Promise<SqliteStore> {
    try {
      const db = new NodeSqliteDatabase(path);
      db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000');
      const store = new SqliteStore(db);
      await store.#migrate();
      store.#lastTicket = Number(store.#all(query.selectLastTicket(store.#sql))[0]?.ticket ?? 0);
      return store;
    } catch (thrown) {
      throw toStorageError(`cannot open the database ${path}`, thrown);
    }
  }

  async createJob(job: Job, epoch: string, event: ProgressEvent, idempotency?: Idempotency): Promise<CreateResult> {
    let result: CreateResult | undefined;
    await this.#write(() => {
      result = this.#findByKey(idempotency) ?? this.#insert(job, epoch, event, idempotency);
    });
    if (result === undefined) throw new Error('createJob: the write did not run');
    return result;
  }

  async findCreated(idempotency: Idempotency): Promise<CreateResult | undefined> {
    try {
      return this.#findByKey(idempotency);
    } catch (thrown) {
      throw toStorageError('cannot read the database', thrown);
    }
  }

  async append({ job, event, newTicket }: AppendWrite): Promise<JobRecord | undefined> {
    let record: JobRecord | undefined;
    await this.#write(() => {
      const ticket = newTicket ? this.#lastTicket + 1 : undefined;
      if (this.#run(query.updateJob(this.#sql, job, ticket)) === 0) return;
      this.#run(query.insertEvent(this.#sql, event));
      this.#lastTicket = ticket ?? this.#lastTicket;
      const row = this.#all(query.selectPlace(this.#sql, job.id))[0];
      record = row && { job, epoch: row.epoch, ticket: row.ticket };
    });
    return record;
  }

  async readJob(jobId: string): Promise<JobRecord | undefined> {
    const row = this.#read(query.selectJob(this.#sql, jobId))[0];
    return row && toRecord(row);
  }

  async readEvents(jobId: string, afterSeq: number, limit: number): Promise<readonly ProgressEvent[]> {
    return this.#read(query.selectEvents(this.#sql, jobId, afterSeq, limit)).map(toEvent);
  }

  async listJobs(limit: number, cursor?: string): Promise<JobPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    return toPage(this.#read(query.selectJobPage(this.#sql, limit + 1, after)), limit);
  }

  async listUnfinished(): Promise<readonly JobRecord[]> {
    return this.#read(query.selectUnfinished(this.#sql)).map(toRecord);
  }

  async listIdle(before: number, limit: number): Promise<readonly JobRecord[]> {
    return this.#read(query.selectIdle(this.#sql, before, limit)).map(toRecord);
  }

  async listExpired(before: number, limit: number): Promise<readonly string[]> {
    return this.#read(query.selectExpired(this.#sql, before, limit)).map((row) => row.id);
  }

  async deleteJob(jobId: string): Promise<void> {
    await this.#write(() => {
      this.#run(query.deleteEventRows(this.#sql, jobId));
      this.#run(query.deleteJobRow(this.#sql, jobId));
    });
  }

  /** Takes and gives back the write lock: a full or read-only disk says so only when written to, so a page is touched. */
  async check(): Promise<void> {
    await this.#write(() => this.#db.exec('pragma user_version = 1'));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#db.close();
  }

  async #migrate(): Promise<void> {
    const migrator = new Migrator({
      db: this.#sql,
      provider: { getMigrations: async () => ({ ...SQLITE_MIGRATIONS }) },
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  }

  #findByKey(idempotency: Idempotency | undefined): CreateResult | undefined {
    if (idempotency === undefined) return undefined;
    const row = this.#all(query.selectJobByKey(this.#sql, idempotency.key))[0];
    if (row === undefined) return undefined;
    return { outcome: 'exists', record: toRecord(row), sameRequest: row.idempotency_digest === idempotency.digest };
  }

  #insert(job: Job, epoch: string, event: ProgressEvent, idempotency: Idempotency | undefined): CreateResult {
    const record = { job, epoch, ticket: ++this.#lastTicket };
    this.#run(query.insertJob(this.#sql, record, idempotency));
    this.#run(query.insertEvent(this.#sql, event));
    return { outcome: 'created', record };
  }

  #write(run: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#queued.length === 0) setImmediate(() => this.#flush());
      this.#queued.push({ run, resolve, reject });
    });
  }

  /** One transaction for all that wait. If it fails, nothing of it was written and every caller hears why. */
  #flush(): void {
    const writes = this.#queued;
    if (writes.length === 0) return;
    this.#queued = [];
    try {
      if (this.#closed) throw new Error('the store is closed');
      this.#db.exec('begin immediate');
      for (const write of writes) write.run();
      this.#db.exec('commit');
    } catch (thrown) {
      this.#rollBack();
      const error = toStorageError('cannot write to the database', thrown);
      for (const write of writes) write.reject(error);
      return;
    }
    for (const write of writes) write.resolve();
  }

  /** SQLite has often rolled back by itself when a disk is full; a second time is an error of no interest. */
  #rollBack(): void {
    try {
      this.#db.exec('rollback');
    } catch {}
  }

  #run(statement: { compile(): CompiledQuery }): number {
    return this.#db.run(statement.compile());
  }

  #all<Row>(statement: { compile(): CompiledQuery<Row> }): Row[] {
    return this.#db.all(statement.compile());
  }

  /** A read outside a write: driver errors become `StorageError`s. */
  #read<Row>(statement: { compile(): CompiledQuery<Row> }): Row[] {
    try {
      return this.#all(statement);
    } catch (thrown) {
      throw toStorageError('cannot read the database', thrown);
    }
  }
}
