import type { TableName } from '../tables.ts';

/** What is counted. */
export type Kind = TableName | 'pictures';

/** Is told how far the work is. */
export interface Progress {
  /** Another part of the work begins; the one before is over. */
  begin(stage: string, totals: Readonly<Partial<Record<Kind, number>>>): void;
  /** Kinds that the stage did not name are not told of. */
  add(kind: Kind, count: number, bytes?: number): void;
}
