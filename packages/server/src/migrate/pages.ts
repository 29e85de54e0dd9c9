import { type Row, type RowKey, type Span, TABLE_KEYS, type TableName, type Tables } from '../tables.ts';

/** A part of a table. All spans together have no gap: whatever else another table holds lies in one of them too. */
export interface Page {
  readonly span: Span;
  readonly rows: readonly Row[];
}

/** Jobs whose events are held in memory at once: some thousand, at most thirty thousand. */
const JOBS = 50;
const ROWS = 500;

/** A table from the beginning to the end, page by page. */
export async function* pagesOf(tables: Tables, table: Exclude<TableName, 'events'>): AsyncIterable<Page> {
  const most = table === 'jobs' ? JOBS : ROWS;
  const [key] = TABLE_KEYS[table];
  let after: RowKey | undefined;
  for (;;) {
    const rows = await tables.read(table, { after, upTo: undefined }, most);
    const last = rows.length < most ? undefined : rows.at(-1)?.[key];
    yield { span: { after, upTo: last ?? undefined }, rows };
    if (last === undefined || last === null) return;
    after = last;
  }
}

/** The same for every table; a job's events are on one page. */
export async function* rowsByPage(tables: Tables, table: TableName): AsyncIterable<Page> {
  if (table !== 'events') return yield* pagesOf(tables, table);
  for await (const { span } of pagesOf(tables, 'jobs')) yield { span, rows: await tables.read('events', span) };
}
