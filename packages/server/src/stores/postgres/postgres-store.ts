import { type Job, ProgressEvent } from '@darkroom/protocol';
import { type OperationNodeSource, sql } from 'kysely';
import type { NewTurn } from '../../conversation-store.ts';
import { toStorageError } from '../../storage-error.ts';
import type {
  AppendWrite,
  CreateResult,
  Idempotency,
  JobFilter,
  JobOrigin,
  JobPage,
  JobRecord,
  JobTail,
  JobTicket,
  Store,
} from '../../store.ts';
import { AppendChains } from '../append-chain.ts';
import { moveTickets } from '../move-tickets.ts';
import * as query from '../sql-queries.ts';
import { parseCursor, toEvent, toPage, toRecord, toTicket, withPlace } from '../sql-rows.ts';
import { withoutSecrets } from './postgres-connection.ts';
import { conversationKey, PostgresConversations } from './postgres-conversations.ts';
import { PostgresSession } from './postgres-session.ts';
import type { Runner, Statement } from './postgres-transaction.ts';
import { PostgresWorkers } from './postgres-workers.ts';

/**
 * Rises with every use and is never given twice. Two processes may commit their tickets in the other order, a few
 * milliseconds apart; that is what "at the same time" means between machines. Nobody takes the highest ticket seen for
 * a sign that all lower ones were seen too.
 */
const NEXT_TICKET = sql<number>`nextval('tickets')`;

/** One statement, however many are asked for. */
const oneOf = (ids: readonly string[]) => sql<string>`any(${[...ids]})`;

/** PostgreSQL (15 or newer), shared by any number of processes. */
export class PostgresStore implements Store {
  readonly #session: PostgresSession;
  readonly conversations: PostgresConversations;
  readonly workers: PostgresWorkers;
  readonly isShared = true;
  readonly #appends = new AppendChains();

  private constructor(session: PostgresSession) {
    this.#session = session;
    this.conversations = new PostgresConversations(session);
    this.workers = new PostgresWorkers(session);
  }

  /** Connects to the database, which must exist, and brings its schema up to date. Throws a `StorageError`. */
  static async open(url: URL): Promise<PostgresStore> {
    try {
      return new PostgresStore(await PostgresSession.open(url));
    } catch (thrown) {
      throw toStorageError(`cannot open the database ${withoutSecrets(url)}`, thrown);
    }
  }

  createJob(job: Job, epoch: string, event: ProgressEvent, origin: JobOrigin = {}): Promise<CreateResult> {
    const { turn, idempotency } = origin;
    const key = turn
      ? conversationKey(turn.conversationId)
      : `request ${idempotency ? query.keptKey(idempotency) : job.id}`;
    return this.#session.write(key, async (transaction) => {
      for (;;) {
        const made =
          (await this.#findByKey(transaction, idempotency)) ??
          (turn && (await this.#refusal(transaction, turn))) ??
          (await this.#insert(transaction, { job, epoch, event }, origin));
        // None: another process has just made a job under this key.
        if (made !== undefined) return made;
      }
    });
  }

  findCreated(idempotency: Idempotency): Promise<CreateResult | undefined> {
    return this.#findByKey(this.#session, idempotency);
  }

  append(write: AppendWrite): Promise<JobRecord | undefined> {
    return this.#appends.run(write.event, (append) =>
      this.#session.write(`job ${write.job.id}`, async (transaction) => {
        // A try whose transaction was rolled back may have written it.
        append.written = false;
        const record = append.stands ? await this.#append(transaction, write) : undefined;
        append.written = record !== undefined;
        return record;
      }),
    );
  }

  async readJob(jobId: string): Promise<JobRecord | undefined> {
    const row = (await this.#session.all(query.selectJob(this.#session.sql, jobId)))[0];
    return row && toRecord(row);
  }

  async readTail(jobId: string, afterSeq: number, limit: number): Promise<JobTail | undefined> {
    const newest = query.selectNewestEvents(this.#session.sql, jobId, afterSeq, limit).select('seq');
    const events = sql<unknown[] | null>`(select json_agg(event::json order by seq) from (${newest}) as newest)`;
    const row = (await this.#session.all(query.selectJob(this.#session.sql, jobId).select(events.as('events'))))[0];
    return row && { record: toRecord(row), events: (row.events ?? []).map((event) => ProgressEvent.parse(event)) };
  }

  async readHeads(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (jobIds.length === 0) return new Map();
    const rows = await this.#session.all(query.selectHeads(this.#session.sql).where('id', '=', oneOf(jobIds)));
    return new Map(rows.map(({ id, head }) => [id, head]));
  }

  async readEvents(jobId: string, afterSeq: number, limit: number): Promise<readonly ProgressEvent[]> {
    return (await this.#session.all(query.selectEvents(this.#session.sql, jobId, afterSeq, limit))).map(toEvent);
  }

  async listJobs(limit: number, cursor?: string, filter?: JobFilter): Promise<JobPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    return toPage(await this.#session.all(query.selectJobPage(this.#session.sql, limit + 1, after, filter)), limit);
  }

  async listUnfinished(owner: string): Promise<readonly JobRecord[]> {
    return (await this.#session.all(query.selectUnfinished(this.#session.sql, owner))).map(toRecord);
  }

  async countUnfinished(owner: string): Promise<number> {
    return Number((await this.#session.all(query.selectUnfinishedCount(this.#session.sql, owner)))[0]?.count ?? 0);
  }

  async listWaiting(after: number, limit: number): Promise<readonly JobTicket[]> {
    return (await this.#session.all(query.selectWaiting(this.#session.sql, after, limit))).map(toTicket);
  }

  async readJobs(jobIds: readonly string[]): Promise<readonly JobRecord[]> {
    const jobs = query.selectJobs(this.#session.sql).where('id', '=', oneOf(jobIds));
    return (await this.#session.all(jobs)).map(toRecord);
  }

  async listIdle(before: number, limit: number): Promise<readonly JobRecord[]> {
    return (await this.#session.all(query.selectIdle(this.#session.sql, before, limit))).map(toRecord);
  }

  async listAbandoned(before: number, limit: number): Promise<readonly JobRecord[]> {
    return (await this.#session.all(query.selectAbandoned(this.#session.sql, before, limit))).map(toRecord);
  }

  async listExpired(before: number, limit: number): Promise<readonly string[]> {
    return (await this.#session.all(query.selectExpired(this.#session.sql, before, limit))).map((row) => row.id);
  }

  moveJob(owner: string, jobId: string, before: string | null): Promise<readonly JobTicket[] | undefined> {
    const db = this.#session.sql;
    return this.#session.write(`owner ${owner}`, async (transaction) => {
      // Rows that another process changed meanwhile come as they are now, but where they were.
      const waiting = await transaction.all(query.selectOwnWaiting(db, owner).forUpdate());
      waiting.sort((a, b) => a.ticket - b.ticket);
      const moved = moveTickets(waiting, jobId, before);
      for (const one of moved ?? []) await transaction.run(query.updateTicket(db, one.jobId, one.ticket));
      return moved;
    });
  }

  keepOnce(name: string, value: string): Promise<string> {
    const db = this.#session.sql;
    return this.#session.write(`setting ${name}`, async (transaction) => {
      await transaction.run(query.insertSetting(db, name, value).onConflict((conflict) => conflict.doNothing()));
      const kept = (await transaction.all(query.selectSetting(db, name)))[0];
      return kept?.value ?? value;
    });
  }

  async readSetting(name: string): Promise<string | undefined> {
    return (await this.#session.all(query.selectSetting(this.#session.sql, name)))[0]?.value;
  }

  async eraseSetting(name: string): Promise<void> {
    await this.#session.write(`setting ${name}`, (transaction) =>
      transaction.run(query.deleteSetting(this.#session.sql, name)),
    );
  }

  takeOnce(name: string, until: number, now: number): Promise<boolean> {
    const db = this.#session.sql;
    return this.#session.write(`taken ${name}`, async (transaction) => {
      await transaction.run(query.deleteTaken(db, now));
      return (await transaction.run(query.insertTaken(db, name, until))) === 1;
    });
  }

  async deleteJob(jobId: string): Promise<void> {
    await this.#session.write(`job ${jobId}`, async (transaction) => {
      // The job first: whoever appends to it now has to wait, and then finds it gone.
      await transaction.run(query.deleteJobRow(this.#session.sql, jobId));
      await transaction.run(query.deleteEventRows(this.#session.sql, jobId));
    });
  }

  check(): Promise<void> {
    return this.#session.check();
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #append(transaction: Runner, write: AppendWrite): Promise<JobRecord | undefined> {
    const { job, event, newTicket, worker, message } = write;
    const moved = query
      .updateJob(this.#session.sql, job, { newTicket: newTicket ? NEXT_TICKET : undefined, worker })
      .returning(query.PLACE);
    const row = (await transaction.all(this.#withEvent(moved, event)))[0];
    if (row === undefined) return undefined;
    if (message !== undefined && row.conversation_id !== null)
      await this.conversations.applyChange(transaction, job.id, message, Date.parse(event.ts));
    return withPlace(job, row);
  }

  /** A change of one job's row and, if there was one, its event: one journey to the server. Answers what the change answers. */
  #withEvent<Row>(change: Statement<Row> & OperationNodeSource, event: ProgressEvent): Statement<Row> {
    const both = sql<Row>`
      with changed as (${change}), written as (
        insert into events (job_id, seq, event) select ${event.jobId}, ${event.seq}::bigint, ${JSON.stringify(event)} from changed
      )
      select * from changed`;
    return { compile: () => both.compile(this.#session.sql) };
  }

  async #findByKey(
    runner: Pick<Runner, 'all'>,
    idempotency: Idempotency | undefined,
  ): Promise<CreateResult | undefined> {
    if (idempotency === undefined) return undefined;
    const row = (await runner.all(query.selectJobByKey(this.#session.sql, idempotency)))[0];
    if (row === undefined) return undefined;
    return { outcome: 'exists', record: toRecord(row), sameRequest: row.idempotency_digest === idempotency.digest };
  }

  /** What the turn's conversation says against the job; undefined: nothing. */
  async #refusal(transaction: Runner, turn: NewTurn): Promise<CreateResult | undefined> {
    const obstacle = await this.conversations.findObstacle(transaction, turn);
    if (obstacle === undefined) return undefined;
    if (obstacle === 'no-conversation') return { outcome: 'refused', reason: 'no-conversation' };
    const row = obstacle.jobId && (await transaction.all(query.selectJob(this.#session.sql, obstacle.jobId)))[0];
    if (!row) return { outcome: 'refused', reason: 'idempotency-conflict' };
    return { outcome: 'exists', record: toRecord(row), sameRequest: obstacle.sameRequest };
  }

  /** Undefined: another job has the key. One that is being made by another process is waited for. */
  async #insert(
    transaction: Runner,
    { job, epoch, event }: { job: Job; epoch: string; event: ProgressEvent },
    { owner, idempotency, turn }: JobOrigin,
  ): Promise<CreateResult | undefined> {
    const db = this.#session.sql;
    const record = { job, epoch, owner, conversationId: turn?.conversationId };
    const inserted = query
      .insertJob(db, { ...record, ticket: NEXT_TICKET }, idempotency)
      .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
      .returning('ticket');
    const ticket = (await transaction.all(this.#withEvent(inserted, event)))[0]?.ticket;
    if (ticket === undefined) return undefined;
    if (turn !== undefined) await this.conversations.insertTurn(transaction, turn);
    return { outcome: 'created', record: { ...record, ticket } };
  }
}
