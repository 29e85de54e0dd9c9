import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { CompiledQuery, SqliteDatabase } from 'kysely';
import { PRIVATE_FILE } from '../../data-folder.ts';

const MAX_STATEMENTS = 200;

/** Kysely's values are unknown to the compiler; SQLite takes these. */
function toInput(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite cannot store a ${typeof value}`);
}

/** `node:sqlite` with statements kept prepared by their text; also the small interface that Kysely asks of a driver. */
export class NodeSqliteDatabase implements SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** `path` is a file (made if missing, for its user alone, as its log then is), or `:memory:`. */
  constructor(path: string) {
    if (path !== ':memory:') closeSync(openSync(path, 'a', PRIVATE_FILE));
    this.#db = new DatabaseSync(path);
    // What is deleted is overwritten with zeros. The write-ahead log has it until it begins again, some 4 MB of writes later.
    this.#db.exec('pragma secure_delete = on');
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Runs a compiled statement now; returns the number of rows it changed. */
  run({ sql, parameters }: CompiledQuery): number {
    return Number(this.#statement(sql).run(...parameters.map(toInput)).changes);
  }

  /** Runs a compiled query now. Row types are Kysely's, from the schema. */
  all<Row>({ sql, parameters }: CompiledQuery<Row>): Row[] {
    return this.#statement(sql).all(...parameters.map(toInput)) as Row[];
  }

  prepare(sql: string): ReturnType<SqliteDatabase['prepare']> {
    const statement = this.#db.prepare(sql);
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...parameters.map(toInput)),
      run: (parameters) => statement.run(...parameters.map(toInput)),
      iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
    };
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
