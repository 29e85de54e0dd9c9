import { createHash, type Hash } from 'node:crypto';
import type { Row, TableName, Tables } from '../tables.ts';
import type { Findings } from './findings.ts';
import { rowsByPage } from './pages.ts';
import type { Progress } from './progress.ts';
import { canonical, compareRows, nameRow } from './row-differences.ts';

/** How many things of a kind a place holds, and one digest of them all. */
export interface Holding {
  readonly count: number;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
}

export interface Comparison {
  readonly source: Holding;
  readonly target: Holding;
}

export type TableComparisons = Readonly<Record<TableName, Comparison>>;

interface Side {
  readonly hash: Hash;
  count: number;
}

const newSide = (): Side => ({ hash: createHash('sha256'), count: 0 });

function take(side: Side, rows: readonly Row[]): void {
  for (const row of rows) side.hash.update(`${canonical(row)}\n`);
  side.count += rows.length;
}

const toHolding = ({ hash, count }: Side): Holding => ({ count, digest: hash.digest('hex') });

export interface RowCheck {
  readonly source: Tables;
  readonly target: Tables;
  /** Gets every row that is not the same on both sides. */
  readonly differences: Findings;
  readonly progress: Progress;
}

async function checkTable(check: RowCheck, table: TableName): Promise<Comparison> {
  const { source, target, differences, progress } = check;
  const [here, there] = [newSide(), newSide()];
  for await (const { span, rows } of rowsByPage(source, table)) {
    const twins = await target.read(table, span);
    take(here, rows);
    take(there, twins);
    const { missing, changed, strays } = compareRows(table, rows, twins);
    for (const row of missing) differences.add(`${nameRow(table, row)} is missing in the target`);
    for (const row of changed) differences.add(`${nameRow(table, row)} is not the same in the target`);
    for (const row of strays) differences.add(`${nameRow(table, row)} is in the target only`);
    progress.add(table, rows.length);
  }
  return { source: toHolding(here), target: toHolding(there) };
}

/** Reads all tables on both sides, in the same order, from the first row to the last. */
export async function checkRows(check: RowCheck): Promise<TableComparisons> {
  return {
    jobs: await checkTable(check, 'jobs'),
    events: await checkTable(check, 'events'),
    conversations: await checkTable(check, 'conversations'),
    messages: await checkTable(check, 'messages'),
    settings: await checkTable(check, 'settings'),
  };
}
