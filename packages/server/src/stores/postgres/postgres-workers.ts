import type { WorkerReport, WorkerStore } from '../../worker-store.ts';
import * as query from '../sql-worker-queries.ts';
import { toWorkerReport } from '../sql-worker-rows.ts';
import type { PostgresSession } from './postgres-session.ts';

/** Workers in the store's database: all that use it. */
export class PostgresWorkers implements WorkerStore {
  readonly #session: PostgresSession;

  constructor(session: PostgresSession) {
    this.#session = session;
  }

  async report(report: WorkerReport): Promise<void> {
    await this.#session.write(`worker ${report.id}`, (transaction) =>
      transaction.run(query.upsertWorker(this.#session.sql, report)),
    );
  }

  async list(since: number): Promise<readonly WorkerReport[]> {
    return (await this.#session.all(query.selectWorkers(this.#session.sql, since))).map(toWorkerReport);
  }

  async forget(before: number): Promise<void> {
    await this.#session.write('workers', (transaction) =>
      transaction.run(query.deleteSilentWorkers(this.#session.sql, before)),
    );
  }
}
