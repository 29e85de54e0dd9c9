import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Pool, type PoolConfig } from 'pg';
import { toStorageError } from '../../storage-error.ts';
import type { Database } from '../sql-schema.ts';
import { GatheringSocket } from './gathering-socket.ts';
import { forgetSessions, lastCommit, markCommit } from './postgres-commits.ts';
import { connectionOptions, READERS } from './postgres-connection.ts';
import { POSTGRES_MIGRATIONS } from './postgres-migrations.ts';
import {
  commit,
  type Outcome,
  type Runner,
  type Statement,
  toQuery,
  Unsure,
  type Work,
} from './postgres-transaction.ts';

/** A write that waits for a transaction. */
interface QueuedWrite extends Work {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const MAX_WRITES = 500;
/** So long it is asked whether a transaction was committed whose answer was lost. */
const UNSURE_MS = 15_000;
const UNSURE_PAUSE_MS = 200;
/** Sessions that have committed nothing for so long are forgotten. */
const FORGET_MS = 30 * 86_400_000;
/** A transaction that the server gave up, or whose connection broke before the commit, is tried so often. */
const TRIES = 3;

/**
 * One database: reads over a few connections, writes over one of their own. While a transaction is under way, writes
 * gather for the next one; so a commit carries one write on a quiet server and hundreds on a busy one.
 */
export class PostgresSession implements Pick<Runner, 'all'> {
  readonly #readers: Pool;
  readonly #writer: Pool;
  /** Builds statements; they are run here. */
  readonly sql: Kysely<Database>;
  /** Under this name the database keeps the mark of its last commit. */
  readonly #name = randomUUID();
  #marks = 0;
  #queued: QueuedWrite[] = [];
  #pumping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: PoolConfig) {
    this.#readers = new Pool({ ...options, max: READERS });
    this.#writer = new Pool({ ...options, max: 1, pipeline: true, stream: () => new GatheringSocket() });
    for (const pool of [this.#readers, this.#writer]) pool.on('error', ignore);
    this.sql = new Kysely<Database>({ dialect: new PostgresDialect({ pool: this.#readers }) });
  }

  /** Connects, and brings the schema up to date. */
  static async open(url: URL): Promise<PostgresSession> {
    const options = connectionOptions(url);
    await migrate(options);
    const session = new PostgresSession(options);
    await session.#introduce();
    return session;
  }

  /** A read outside a write. Driver errors become `StorageError`s. */
  async all<Row>(statement: Statement<Row>): Promise<Row[]> {
    return this.#query(statement.compile());
  }

  /**
   * Runs `work` inside the next transaction; resolves with what it returned once that is on disk. Works of one key run
   * one after the other, in the order in which they were asked for; others run side by side, so that a transaction
   * costs a few journeys to the server, not a few for each write. It may run again, if the server gave up the first time,
   * or refused another write of the same transaction.
   */
  async write<T>(key: string, work: (transaction: Runner) => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    await new Promise<void>((resolve, reject) => {
      if (this.#closing !== undefined) throw toStorageError('cannot write to the database', CLOSED);
      const run = async (transaction: Runner) => {
        result = { value: await work(transaction) };
      };
      this.#queued.push({ key, run, resolve, reject });
      this.#pumping ??= this.#pump();
    });
    if (result === undefined) throw new Error('the write did not run');
    return result.value;
  }

  /** A server whose disk is full, or which may only be read, says so when it is asked for a transaction that is kept. */
  async check(): Promise<void> {
    await this.write('check', async () => {});
  }

  /** Waits for writes under way. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#pumping;
      await Promise.all([this.#readers.end(), this.#writer.end()]);
    })();
    return this.#closing;
  }

  async #query<Row>(statement: CompiledQuery<Row>): Promise<Row[]> {
    try {
      return (await this.#readers.query(toQuery(statement))).rows;
    } catch (thrown) {
      throw toStorageError('cannot read the database', thrown);
    }
  }

  /** One transaction after the other until nothing waits; each carries what was asked for up to its beginning. */
  async #pump(): Promise<void> {
    const parts: (readonly QueuedWrite[])[] = [];
    for (;;) {
      // The callers of rejected writes run before the writes that build on them.
      await turn();
      const writes = parts.shift() ?? this.#queued.splice(0, MAX_WRITES);
      if (writes.length === 0) break;
      parts.unshift(...(await this.#settle(writes)));
    }
    this.#pumping = undefined;
  }

  /**
   * Commits the writes and settles their promises. If the server refuses one of several, returns both halves in order
   * instead: each is committed in a transaction of its own, until only the refused write is left and fails.
   */
  async #settle(writes: readonly QueuedWrite[]): Promise<readonly (readonly QueuedWrite[])[]> {
    try {
      const outcome = await this.#commit(writes);
      if (outcome.done) for (const write of writes) write.resolve();
      else if (outcome.retry === 'apart' && writes.length > 1) return halvesOf(writes);
      else throw outcome.error;
    } catch (thrown) {
      const error = toStorageError('cannot write to the database', thrown);
      for (const write of writes) write.reject(error);
    }
    return [];
  }

  async #commit(writes: readonly Work[]): Promise<Outcome> {
    for (let tries = 1; ; tries++) {
      const client = await this.#writer.connect();
      const mark = ++this.#marks;
      const outcome = await commit(client, writes, markCommit(this.sql, this.#name, mark));
      if (outcome.done) return outcome;
      if (outcome.error instanceof Unsure && (await this.#wasCommitted(outcome.error, mark))) return { done: true };
      if (outcome.retry !== 'same' || tries === TRIES) return outcome;
    }
  }

  /** Asks the server what became of a transaction whose commit was sent and not answered. */
  async #wasCommitted(unsure: Unsure, mark: number): Promise<boolean> {
    const until = Date.now() + UNSURE_MS;
    for (;;) {
      const last = await this.#lastMark();
      if (last !== undefined) return last === mark;
      if (Date.now() > until)
        throw new Error(`${unsure.message}; whether this was written is not known`, { cause: unsure });
      await new Promise((resolve) => setTimeout(resolve, UNSURE_PAUSE_MS));
    }
  }

  /** The mark of the last transaction that was committed, once none of this session's is open any more; undefined: it cannot be asked now. */
  async #lastMark(): Promise<number | undefined> {
    try {
      const [row] = await this.all(lastCommit(this.sql, this.#name));
      return row?.mark ?? 0;
    } catch {
      return undefined;
    }
  }

  /** The first commit: from now on there is a row that can be locked. */
  async #introduce(): Promise<void> {
    const forget = forgetSessions(this.sql, Date.now() - FORGET_MS);
    await this.write('sessions', async (transaction) => void (await transaction.run(forget)));
  }
}

const CLOSED = new Error('the store is closed');

function halvesOf<T>(all: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}

/** A connection that breaks while nobody uses it is replaced by the pool. */
function ignore(): void {}

/** Waits for whoever migrates already, however long that takes. */
async function migrate(options: PoolConfig): Promise<void> {
  const pool = new Pool({
    ...options,
    max: 1,
    statement_timeout: 0,
    query_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  pool.on('error', ignore);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migratePostgres(db);
  } finally {
    await db.destroy();
  }
}

/** Brings the schema up to date. */
export async function migratePostgres(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...POSTGRES_MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
