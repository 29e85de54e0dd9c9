import { type Kysely, type RawBuilder, sql } from 'kysely';
import { StorageError, toStorageError } from '../storage-error.ts';
import { type Counters, type Row, type Span, TABLE_KEYS, type TableName, type Tables } from '../tables.ts';
import type { Database } from './sql-schema.ts';

type Db = Kysely<Database>;

/** Whoever adds a table to the schema is told here that `TABLE_NAMES` does not have it yet. */
const KEYS: {
  readonly [Name in Exclude<keyof Database, 'workers' | 'commits'>]: readonly (keyof Database[Name] & string)[];
} = TABLE_KEYS;

/** What SQL databases do in their own ways. */
export interface TablesDialect {
  /** Between the columns and the values of an insertion: numbers that the database gives out itself may be brought along. */
  readonly keepNumbers: RawBuilder<unknown>;
  readCounters(db: Db): Promise<Counters>;
  raiseCounters(db: Db, counters: Counters): Promise<void>;
  /** Programs of ours that use the database beside this one. */
  countOthers(db: Db): Promise<number>;
  /** Keeps others from writing until the transaction ends. */
  lock(db: Db): Promise<void>;
  close(): Promise<void>;
}

/** Values of one statement; databases take 32,766 or more. */
const MAX_VALUES = 9_000;
/** A process that was just stopped may need this long until the database knows. */
const GONE_MS = 3_000;
const GONE_PAUSE_MS = 100;

/** The tables of an SQL database. */
export class SqlTables implements Tables {
  readonly name: string;
  readonly #db: Db;
  readonly #dialect: TablesDialect;

  constructor(name: string, db: Db, dialect: TablesDialect) {
    this.name = name;
    this.#db = db;
    this.#dialect = dialect;
  }

  async count(table: TableName): Promise<number> {
    const { rows } = await this.#read(sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`);
    return rows[0]?.count ?? 0;
  }

  async read(table: TableName, { after, upTo }: Span, limit?: number): Promise<readonly Row[]> {
    const keys = KEYS[table].map((column) => sql.ref(column));
    const first = sql.ref(TABLE_KEYS[table][0]);
    const bounds = [
      ...(after === undefined ? [] : [sql`${first} > ${after}`]),
      ...(upTo === undefined ? [] : [sql`${first} <= ${upTo}`]),
    ];
    const where = bounds.length === 0 ? sql`` : sql`where ${sql.join(bounds, sql` and `)}`;
    const most = limit === undefined ? sql`` : sql`limit ${limit}`;
    return (await this.#read(sql<Row>`select * from ${sql.table(table)} ${where} order by ${sql.join(keys)} ${most}`))
      .rows;
  }

  async insert(table: TableName, rows: readonly Row[]): Promise<void> {
    const columns = Object.keys(rows[0] ?? {});
    const names = sql.join(columns.map((column) => sql.ref(column)));
    const most = Math.floor(MAX_VALUES / columns.length);
    for (let first = 0; first < rows.length; first += most) {
      const values = rows
        .slice(first, first + most)
        .map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
      await this.#write(
        sql`insert into ${sql.table(table)} (${names}) ${this.#dialect.keepNumbers} values ${sql.join(values)}`,
      );
    }
  }

  async remove(table: TableName, rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      const found = KEYS[table].map((column) => sql`${sql.ref(column)} = ${row[column]}`);
      await this.#write(sql`delete from ${sql.table(table)} where ${sql.join(found, sql` and `)}`);
    }
  }

  readCounters(): Promise<Counters> {
    return reading(this.name, () => this.#dialect.readCounters(this.#db));
  }

  raiseCounters(counters: Counters): Promise<void> {
    return writing(this.name, () => this.#dialect.raiseCounters(this.#db, counters));
  }

  async checkUnused(): Promise<void> {
    for (const until = Date.now() + GONE_MS; ; await new Promise((resolve) => setTimeout(resolve, GONE_PAUSE_MS))) {
      const others = await reading(this.name, () => this.#dialect.countOthers(this.#db));
      if (others === 0) return;
      if (Date.now() > until)
        throw new StorageError(
          `${this.name} is in use (connections of Darkroom: ${others}): stop every Darkroom on it`,
        );
    }
  }

  async transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    let refusal: { readonly reason: unknown } | undefined;
    try {
      return await this.#db.transaction().execute(async (db) => {
        await this.#dialect.lock(db);
        return work(new SqlTables(this.name, db, this.#dialect)).catch((reason: unknown) => {
          refusal = { reason };
          throw reason;
        });
      });
    } catch (thrown) {
      throw refusal === undefined ? toStorageError(`cannot write to ${this.name}`, thrown) : refusal.reason;
    }
  }

  close(): Promise<void> {
    return this.#dialect.close();
  }

  #read<Result>(query: RawBuilder<Result>) {
    return reading(this.name, () => query.execute(this.#db));
  }

  #write(statement: RawBuilder<unknown>) {
    return writing(this.name, () => statement.execute(this.#db));
  }
}

const reading = <T>(name: string, work: () => Promise<T>) =>
  work().catch((thrown: unknown) => {
    throw toStorageError(`cannot read ${name}`, thrown);
  });

const writing = <T>(name: string, work: () => Promise<T>) =>
  work().catch((thrown: unknown) => {
    throw toStorageError(`cannot write to ${name}`, thrown);
  });
