import { type Row, TABLE_KEYS, type TableName, type Tables } from '../tables.ts';

/** How the target's rows are not the source's. */
export interface RowDifferences {
  /** In the source only. */
  readonly missing: readonly Row[];
  /** The source's rows that the target holds with other content. */
  readonly changed: readonly Row[];
  /** In the target only. */
  readonly strays: readonly Row[];
}

const WORDS: Readonly<Record<TableName, string>> = {
  jobs: 'job',
  events: 'event',
  conversations: 'conversation',
  messages: 'message',
  settings: 'setting',
};

const keyOf = (table: TableName, row: Row) => TABLE_KEYS[table].map((column) => row[column]).join('.');

/** What a row is called, for people: `job <id>`, `event <job id>.<seq>`. */
export const nameRow = (table: TableName, row: Row) => `${WORDS[table]} ${keyOf(table, row)}`;

/**
 * A row as text, the same whichever database it was read from. Both keep JSON as the text it was written as, and times as
 * whole numbers, so nothing has to be translated: what differs by a blank differs.
 */
export function canonical(row: Row): string {
  const columns = Object.keys(row).sort();
  return JSON.stringify(columns.map((column) => [column, row[column]]));
}

/** Compares what two databases hold in the same span of a table. */
export function compareRows(table: TableName, source: readonly Row[], target: readonly Row[]): RowDifferences {
  const left = new Map(target.map((row) => [keyOf(table, row), row]));
  const missing: Row[] = [];
  const changed: Row[] = [];
  for (const row of source) {
    const key = keyOf(table, row);
    const twin = left.get(key);
    left.delete(key);
    if (twin === undefined) missing.push(row);
    else if (canonical(row) !== canonical(twin)) changed.push(row);
  }
  return { missing, changed, strays: [...left.values()] };
}

/** How many rows differ. */
export const countDifferences = ({ missing, changed, strays }: RowDifferences) =>
  missing.length + changed.length + strays.length;

/** Makes the target's rows the source's. What is the same is not written. */
export async function settle(
  target: Tables,
  table: TableName,
  { missing, changed, strays }: RowDifferences,
): Promise<void> {
  await target.remove(table, [...strays, ...changed]);
  await target.insert(table, [...changed, ...missing]);
}
