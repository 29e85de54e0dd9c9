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
const ABORTED = '25P02';
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
  readonly #failures = new Set<unknown>();

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async all<Row>(statement: Statement<Row>): Promise<Row[]> {
    return (await this.query(toQuery(statement.compile()))).rows;
  }

  async run(statement: Statement): Promise<number> {
    return (await this.query(toQuery(statement.compile()))).rowCount ?? 0;
  }

  /** Whether a statement failed with it, as opposed to the code around the statements. */
  hasFailedWith(thrown: unknown): boolean {
    return this.#failures.has(thrown);
  }

  async query(query: QueryConfig | string) {
    try {
      return await this.#client.query(query);
    } catch (thrown) {
      this.#failures.add(thrown);
      throw thrown;
    }
  }
}

/** Waits for all of them, though some fail; then throws why the first one did. */
async function settle(parts: readonly Promise<unknown>[]): Promise<void> {
  const ended = await Promise.allSettled(parts);
  const reasons = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  // After one failure the server refuses all that follows: that is not the reason.
  if (reasons.length > 0) throw reasons.find((reason) => codeOf(reason) !== ABORTED) ?? reasons[0];
}

async function runChain(transaction: Runner, chain: readonly Work[]): Promise<void> {
  for (const work of chain) await work.run(transaction);
}

/**
 * Does these works in one transaction, over a connection that sends without waiting for answers; gives it back. `mark` is
 * a statement that goes with them.
 */
export async function commit(client: PoolClient, works: readonly Work[], mark: Statement): Promise<Outcome> {
  const ignore = () => {};
  client.on('error', ignore);
  const transaction = new ClientRunner(client);
  let committing = false;
  let failure: { readonly reason: unknown } | undefined;
  try {
    const begun = transaction.query('begin');
    const marked = transaction.run(mark);
    const chains = Map.groupBy(works, ({ key }) => key).values();
    await settle([begun, marked, ...[...chains].map((chain) => runChain(transaction, chain))]);
    committing = true;
    await transaction.query('commit');
  } catch (thrown) {
    failure = { reason: thrown };
  }
  client.off('error', ignore);
  // The server rolls back what a connection leaves behind.
  client.release(failure !== undefined);
  if (failure === undefined) return { done: true };
  const { reason } = failure;
  if (committing && !isRefusal(reason)) return { done: false, error: new Unsure(reason), retry: 'same' };
  return { done: false, error: reason, retry: retryAfter(reason, transaction) };
}

function retryAfter(reason: unknown, transaction: ClientRunner): Retry {
  // The code of one of the works failed.
  if (!transaction.hasFailedWith(reason)) return 'apart';
  if (!isRefusal(reason) || IN_THE_WAY.includes(codeOf(reason) ?? '')) return 'same';
  return concernsOneWrite(reason) ? 'apart' : 'nothing';
}
