import type { WorkerReport, WorkerStore } from '../../worker-store.ts';
import * as query from '../sql-worker-queries.ts';
import { toWorkerReport } from '../sql-worker-rows.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** Workers in the store's database: the one of this process, and those of earlier ones. */
export class SqliteWorkers implements WorkerStore {
  readonly #session: SqliteSession;

  constructor(session: SqliteSession) {
    this.#session = session;
  }

  async report(report: WorkerReport): Promise<void> {
    await this.#session.write(() => this.#session.run(query.upsertWorker(this.#session.sql, report)));
  }

  async list(since: number): Promise<readonly WorkerReport[]> {
    return this.#session.read(query.selectWorkers(this.#session.sql, since)).map(toWorkerReport);
  }

  async forget(before: number): Promise<void> {
    await this.#session.write(() => this.#session.run(query.deleteSilentWorkers(this.#session.sql, before)));
  }
}
