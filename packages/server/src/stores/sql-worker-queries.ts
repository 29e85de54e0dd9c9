import type { Kysely } from 'kysely';
import type { WorkerReport } from '../worker-store.ts';
import { UNDER_WAY } from './sql-queries.ts';
import type { Database } from './sql-schema.ts';

type Db = Kysely<Database>;

export function upsertWorker(db: Db, { id, seenAt, backends }: WorkerReport) {
  const said = { seen_at: seenAt, backends: JSON.stringify(backends) };
  return db
    .insertInto('workers')
    .values({ id, ...said })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(said));
}

export function selectWorkers(db: Db, since: number) {
  return db.selectFrom('workers').selectAll().where('seen_at', '>=', since).orderBy('id');
}

export function deleteSilentWorkers(db: Db, before: number) {
  return db
    .deleteFrom('workers')
    .where('seen_at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('jobs')
            .select('jobs.id')
            .whereRef('jobs.worker', '=', 'workers.id')
            .where('jobs.status', 'in', UNDER_WAY),
        ),
      ),
    );
}
