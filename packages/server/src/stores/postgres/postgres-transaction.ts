import type { CompiledQuery } from 'kysely';
import { DatabaseError, type PoolClient, type QueryConfig } from 'pg';
import { concernsOneWrite } from '../../storage-error.ts';

/** What Kysely builds. */
export interface Statement<Row = unknown> {
  compile(): CompiledQuery<Row>;
}

/** Runs statements, in a transaction or outside. */
export interface Runner {
  all<Row>(statement: Statement<Row>): Promise<Row[]>;
  /** Answers the number of rows it changed. */
  run(statement: Statement): Promise<number>;
}

/** One write of a transaction. */
export interface Work {
  /** Those of one key run one after the other. */
  readonly key: string;
  readonly run: (transaction: Runner) => Promise<void>;
}

/**
 * What may succeed now, after a failure that wrote nothing: the `same` transaction again, its works `apart` from each
 * other, or `nothing`.
 */
export type Retry = 'same' | 'apart' | 'nothing';

export type Outcome =
  | { readonly done: true }
  | { readonly done: false; readonly error: unknown; readonly retry: Retry };

/** The commit was sent and its answer lost: it was done, or it was not. */
export class Unsure extends Error {
  override readonly name = 'Unsure';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** SQLSTATEs: the transaction stood in another one's way. */
const IN_THE_WAY = ['40001', '40P01'];
const MAX_NAMES = 200;

/** Statements that are always the same are parsed once for each connection, by these names. */
const names = new Map<string, string>();

function nameOf(sql: string): string | undefined {
  if (!names.has(sql) && names.size < MAX_NAMES) names.set(sql, `s${names.size}`);
  return names.get(sql);
}

/** A statement as the driver takes it. */
export function toQuery({ sql, parameters }: CompiledQuery): QueryConfig {
  const name = nameOf(sql);
  return { text: sql, values: [...parameters], ...(name !== undefined && { name }) };
}

const codeOf = (thrown: unknown) => (thrown instanceof DatabaseError ? thrown.code : undefined);

/** The server refused a statement and is still there; anything else cost the connection. */
const isRefusal = (thrown: unknown) => thrown instanceof DatabaseError && thrown.severity === 'ERROR';

/** Runs statements over one connection, in the transaction that is open there. */
class ClientRunner implements Runner {
  readonly #client: PoolClient;
  #failure: { readonly reason: unknown } | undefined;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async all<Row>(statement: Statement<Row>): Promise<Row[]> {
    return (await this.query(toQuery(statement.compile()))).rows;
  }

  async run(statement: Statement): Promise<number> {
    return (await this.query(toQuery(statement.compile()))).rowCount ?? 0;
  }

  /** Why the first statement failed; after that the server refuses all others, whatever they are. Undefined: none failed. */
  get failure(): { readonly reason: unknown } | undefined {
    return this.#failure;
  }

  async query(query: QueryConfig | string) {
    try {
      return await this.#client.query(query);
    } catch (thrown) {
      this.#failure ??= { reason: thrown };
      throw thrown;
    }
  }
}

/** Waits for all of them, though some fail; then throws what one of these threw. */
async function settle(parts: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(parts)) if (end.status === 'rejected') throw end.reason;
}

async function runChain(transaction: Runner, chain: readonly Work[]): Promise<void> {
  for (const work of chain) await work.run(transaction);
}

/**
 * Does these works in one transaction, over a connection that sends without waiting for answers, and releases that. `mark`
 * is a statement that goes with them.
 */
export async function commit(client: PoolClient, works: readonly Work[], mark: Statement): Promise<Outcome> {
  const ignore = () => {};
  client.on('error', ignore);
  const transaction = new ClientRunner(client);
  const outcome = await transact(transaction, works, mark);
  client.off('error', ignore);
  // The server rolls back what a connection leaves behind. The driver would take statements for prepared that were not.
  client.release(!outcome.done);
  return outcome;
}

async function transact(transaction: ClientRunner, works: readonly Work[], mark: Statement): Promise<Outcome> {
  let committing = false;
  try {
    const begun = transaction.query('begin');
    const marked = transaction.run(mark);
    const chains = Map.groupBy(works, ({ key }) => key).values();
    await settle([begun, marked, ...[...chains].map((chain) => runChain(transaction, chain))]);
    committing = true;
    await transaction.query('commit');
    return { done: true };
  } catch (thrown) {
    // No statement failed: it was the code of one of the works.
    if (transaction.failure === undefined) return { done: false, error: thrown, retry: 'apart' };
    const { reason } = transaction.failure;
    const error = committing && !isRefusal(reason) ? new Unsure(reason) : reason;
    return { done: false, error, retry: retryAfter(reason) };
  }
}

function retryAfter(reason: unknown): Retry {
  if (!isRefusal(reason) || IN_THE_WAY.includes(codeOf(reason) ?? '')) return 'same';
  return concernsOneWrite(reason) ? 'apart' : 'nothing';
}
