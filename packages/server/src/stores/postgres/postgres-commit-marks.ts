import type { Kysely } from 'kysely';
import type { Database } from '../sql-schema.ts';

/** The settings that hold marks; the oldest ones come first in order of value. */
const MARKS = 'last commit of %';

/** Leaves a mark under this name, whatever stood there. */
export function upsertMark(db: Kysely<Database>, name: string, value: string) {
  return db
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }));
}

/** Removes marks made before `before` (ms, in digits). */
export function deleteMarks(db: Kysely<Database>, before: string) {
  return db.deleteFrom('settings').where('name', 'like', MARKS).where('value', '<', before);
}
