import type { Job, ProgressEvent } from '@darkroom/protocol';
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
import { SqliteConversations } from './sqlite-conversations.ts';
import { SqliteSession } from './sqlite-session.ts';
import { SqliteWorkers } from './sqlite-workers.ts';

/**
 * SQLite in one file, or in memory (`:memory:`). Write-ahead log, every commit synced. Writes asked for in one turn of
 * the event loop are committed together, so that a hundred jobs cost one sync, not a hundred.
 */
export class SqliteStore implements Store {
  readonly #session: SqliteSession;
  readonly conversations: SqliteConversations;
  readonly workers: SqliteWorkers;
  readonly isShared = false;
  readonly #appends = new AppendChains();
  /** Only rises: a write that is rolled back leaves a gap. */
  #lastTicket: number;

  private constructor(session: SqliteSession) {
    this.#session = session;
    this.conversations = new SqliteConversations(session);
    this.workers = new SqliteWorkers(session);
    this.#lastTicket = Number(session.all(query.selectLastTicket(session.sql))[0]?.ticket ?? 0);
  }

  /** Opens the file (made if missing) and brings its schema up to date. Throws a `StorageError`. */
  static async open(path: string): Promise<SqliteStore> {
    try {
      return new SqliteStore(await SqliteSession.open(path));
    } catch (thrown) {
      throw toStorageError(`cannot open the database ${path}`, thrown);
    }
  }

  createJob(job: Job, epoch: string, event: ProgressEvent, origin: JobOrigin = {}): Promise<CreateResult> {
    return this.#session.write(
      () => this.#findByKey(origin.idempotency) ?? this.#refusal(origin) ?? this.#insert(job, epoch, event, origin),
    );
  }

  async findCreated(idempotency: Idempotency): Promise<CreateResult | undefined> {
    try {
      return this.#findByKey(idempotency);
    } catch (thrown) {
      throw toStorageError('cannot read the database', thrown);
    }
  }

  append(write: AppendWrite): Promise<JobRecord | undefined> {
    return this.#appends.run(write.event, (append) =>
      this.#session.write(() => {
        // A try whose transaction was rolled back may have written it.
        append.written = false;
        const record = append.stands ? this.#append(write) : undefined;
        append.written = record !== undefined;
        return record;
      }),
    );
  }

  async readJob(jobId: string): Promise<JobRecord | undefined> {
    const row = this.#session.read(query.selectJob(this.#session.sql, jobId))[0];
    return row && toRecord(row);
  }

  async readHeads(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = this.#session.read(query.selectHeads(this.#session.sql).where('id', 'in', jobIds));
    return new Map(rows.map(({ id, head }) => [id, head]));
  }

  async readTail(jobId: string, afterSeq: number, limit: number): Promise<JobTail | undefined> {
    // Nothing is written between two statements of one turn.
    const row = this.#session.read(query.selectJob(this.#session.sql, jobId))[0];
    const newest = this.#session.read(query.selectNewestEvents(this.#session.sql, jobId, afterSeq, limit));
    return row && { record: toRecord(row), events: newest.map(toEvent).reverse() };
  }

  async readEvents(jobId: string, afterSeq: number, limit: number): Promise<readonly ProgressEvent[]> {
    return this.#session.read(query.selectEvents(this.#session.sql, jobId, afterSeq, limit)).map(toEvent);
  }

  async listJobs(limit: number, cursor?: string, filter?: JobFilter): Promise<JobPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    return toPage(this.#session.read(query.selectJobPage(this.#session.sql, limit + 1, after, filter)), limit);
  }

  async listUnfinished(owner: string): Promise<readonly JobRecord[]> {
    return this.#session.read(query.selectUnfinished(this.#session.sql, owner)).map(toRecord);
  }

  async countUnfinished(owner: string): Promise<number> {
    return Number(this.#session.read(query.selectUnfinishedCount(this.#session.sql, owner))[0]?.count ?? 0);
  }

  async listWaiting(after: number, limit: number): Promise<readonly JobTicket[]> {
    return this.#session.read(query.selectWaiting(this.#session.sql, after, limit)).map(toTicket);
  }

  async readJobs(jobIds: readonly string[]): Promise<readonly JobRecord[]> {
    return this.#session.read(query.selectJobs(this.#session.sql).where('id', 'in', jobIds)).map(toRecord);
  }

  async listIdle(before: number, limit: number): Promise<readonly JobRecord[]> {
    return this.#session.read(query.selectIdle(this.#session.sql, before, limit)).map(toRecord);
  }

  async listAbandoned(before: number, limit: number): Promise<readonly JobRecord[]> {
    return this.#session.read(query.selectAbandoned(this.#session.sql, before, limit)).map(toRecord);
  }

  async listExpired(before: number, limit: number): Promise<readonly string[]> {
    return this.#session.read(query.selectExpired(this.#session.sql, before, limit)).map((row) => row.id);
  }

  moveJob(owner: string, jobId: string, before: string | null): Promise<readonly JobTicket[] | undefined> {
    const { sql } = this.#session;
    return this.#session.write(() => {
      const moved = moveTickets(this.#session.all(query.selectOwnWaiting(sql, owner)), jobId, before);
      for (const one of moved ?? []) this.#session.run(query.updateTicket(sql, one.jobId, one.ticket));
      return moved;
    });
  }

  keepOnce(name: string, value: string): Promise<string> {
    const { sql } = this.#session;
    return this.#session.write(() => {
      const kept = this.#session.all(query.selectSetting(sql, name))[0];
      if (kept !== undefined) return kept.value;
      this.#session.run(query.insertSetting(sql, name, value));
      return value;
    });
  }

  async readSetting(name: string): Promise<string | undefined> {
    return this.#session.read(query.selectSetting(this.#session.sql, name))[0]?.value;
  }

  async eraseSetting(name: string): Promise<void> {
    const { sql } = this.#session;
    const erased = await this.#session.write(() => this.#session.run(query.deleteSetting(sql, name)));
    if (erased > 0) this.#session.rewrite();
  }

  takeOnce(name: string, until: number, now: number): Promise<boolean> {
    const { sql } = this.#session;
    return this.#session.write(() => {
      this.#session.run(query.deleteTaken(sql, now));
      return this.#session.run(query.insertTaken(sql, name, until)) === 1;
    });
  }

  async deleteJob(jobId: string): Promise<void> {
    await this.#session.write(() => {
      this.#session.run(query.deleteEventRows(this.#session.sql, jobId));
      this.#session.run(query.deleteJobRow(this.#session.sql, jobId));
    });
  }

  check(): Promise<void> {
    return this.#session.check();
  }

  async close(): Promise<void> {
    this.#session.close();
  }

  #append({ job, event, newTicket, worker, message }: AppendWrite): JobRecord | undefined {
    const { sql } = this.#session;
    const ticket = newTicket ? this.#lastTicket + 1 : undefined;
    if (this.#session.run(query.updateJob(sql, job, { newTicket: ticket, worker })) === 0) return undefined;
    this.#session.run(query.insertEvent(sql, event));
    this.#lastTicket = ticket ?? this.#lastTicket;
    const row = this.#session.all(query.selectPlace(sql, job.id))[0];
    if (message !== undefined && row !== undefined && row.conversation_id !== null)
      this.conversations.applyChange(job.id, message, Date.parse(event.ts));
    return row && withPlace(job, row);
  }

  #findByKey(idempotency: Idempotency | undefined): CreateResult | undefined {
    if (idempotency === undefined) return undefined;
    const row = this.#session.all(query.selectJobByKey(this.#session.sql, idempotency))[0];
    if (row === undefined) return undefined;
    return { outcome: 'exists', record: toRecord(row), sameRequest: row.idempotency_digest === idempotency.digest };
  }

  /** What the turn's conversation says against the job; undefined: nothing. */
  #refusal({ turn }: JobOrigin): CreateResult | undefined {
    const obstacle = turn && this.conversations.findObstacle(turn);
    if (obstacle === undefined) return undefined;
    if (obstacle === 'no-conversation') return { outcome: 'refused', reason: 'no-conversation' };
    const row = obstacle.jobId && this.#session.all(query.selectJob(this.#session.sql, obstacle.jobId))[0];
    if (!row) return { outcome: 'refused', reason: 'idempotency-conflict' };
    return { outcome: 'exists', record: toRecord(row), sameRequest: obstacle.sameRequest };
  }

  #insert(job: Job, epoch: string, event: ProgressEvent, { owner, idempotency, turn }: JobOrigin): CreateResult {
    const record = { job, epoch, ticket: ++this.#lastTicket, owner, conversationId: turn?.conversationId };
    this.#session.run(query.insertJob(this.#session.sql, record, idempotency));
    this.#session.run(query.insertEvent(this.#session.sql, event));
    if (turn !== undefined) this.conversations.insertTurn(turn);
    return { outcome: 'created', record };
  }
}
