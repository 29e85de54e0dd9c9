import type { Kysely } from 'kysely';
import type { Database } from '../sql-schema.ts';

/** Notes, in the transaction it belongs to, that the session has committed this one. */
export function markCommit(db: Kysely<Database>, session: string, mark: number) {
  const now = Date.now();
  return db
    .insertInto('commits')
    .values({ session, mark, made_at: now })
    .onConflict((conflict) => conflict.column('session').doUpdateSet({ mark, made_at: now }));
}

/** The session's last commit. Waits for a transaction of the session that is still open. */
export function lastCommit(db: Kysely<Database>, session: string) {
  return db.selectFrom('commits').select('mark').where('session', '=', session).forUpdate();
}

/** Forgets sessions that have committed nothing since `before` (ms). */
export function forgetSessions(db: Kysely<Database>, before: number) {
  return db.deleteFrom('commits').where('made_at', '<', before);
}
