import { formatIdentityKeys, parseIdentityKeys } from '../identity-keys/identity-keys.ts';
import { readKeyFile, removeKeyFile, writeKeyFile } from '../identity-keys/key-file.ts';
import { SHARED_RING } from '../identity-keys/open-keys.ts';
import type { Counters, Row, Span, TableName, Tables } from '../tables.ts';

const isRing = (table: TableName, row: Row) => table === 'settings' && row['name'] === SHARED_RING;

const isWithin = ({ after = '', upTo = SHARED_RING }: Span) =>
  String(after) < SHARED_RING && SHARED_RING <= String(upTo);

/**
 * The tables of a data folder, whose key ring is a file: it is shown as the setting that it is in a shared database, so
 * that it is carried from one to the other like everything else. What a transaction does to it is not undone.
 */
export class FolderTables implements Tables {
  readonly #tables: Tables;
  readonly #folder: string;

  constructor(tables: Tables, folder: string) {
    this.#tables = tables;
    this.#folder = folder;
  }

  get name(): string {
    return this.#tables.name;
  }

  async count(table: TableName): Promise<number> {
    const ring = table === 'settings' ? await this.#readRing() : undefined;
    return (await this.#tables.count(table)) + (ring === undefined ? 0 : 1);
  }

  async read(table: TableName, span: Span, limit?: number): Promise<readonly Row[]> {
    const rows = await this.#tables.read(table, span, limit);
    const ring = table === 'settings' && isWithin(span) ? await this.#readRing() : undefined;
    if (ring === undefined) return rows;
    const before = rows.filter(({ name }) => String(name) < SHARED_RING);
    return [...before, ring, ...rows.slice(before.length)].slice(0, limit);
  }

  async insert(table: TableName, rows: readonly Row[]): Promise<void> {
    const others = rows.filter((row) => !isRing(table, row));
    for (const row of rows)
      if (isRing(table, row)) await writeKeyFile(this.#folder, parseIdentityKeys(String(row['value'])));
    if (others.length > 0) await this.#tables.insert(table, others);
  }

  async remove(table: TableName, rows: readonly Row[]): Promise<void> {
    if (rows.some((row) => isRing(table, row))) await removeKeyFile(this.#folder);
    await this.#tables.remove(
      table,
      rows.filter((row) => !isRing(table, row)),
    );
  }

  readCounters(): Promise<Counters> {
    return this.#tables.readCounters();
  }

  raiseCounters(counters: Counters): Promise<void> {
    return this.#tables.raiseCounters(counters);
  }

  checkUnused(): Promise<void> {
    return this.#tables.checkUnused();
  }

  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#tables.transaction((tables) => work(new FolderTables(tables, this.#folder)));
  }

  close(): Promise<void> {
    return this.#tables.close();
  }

  async #readRing(): Promise<Row | undefined> {
    const keys = await readKeyFile(this.#folder);
    return keys && { name: SHARED_RING, value: formatIdentityKeys(keys) };
  }
}
