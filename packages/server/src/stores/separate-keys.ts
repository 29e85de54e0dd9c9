import { type Kysely, sql } from 'kysely';

/**
 * Migration 0005: keys of requests without an identity were kept as they came, and could be equal to `owner key`, as those
 * of owners are kept. Now they begin with a space, as no owner does. The row's owner tells which kind a key is: the one of
 * a request without an identity got its owner, of random bits, after the key was chosen.
 */
export async function separateKeys(db: Kysely<unknown>): Promise<void> {
  await sql`
    update jobs set idempotency_key = ' ' || idempotency_key
    where idempotency_key is not null
      and (owner is null or substr(idempotency_key, 1, length(owner) + 1) <> owner || ' ')
  `.execute(db);
}
