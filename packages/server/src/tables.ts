/** One row of a table: its columns by their names. */
export type Row = Readonly<Record<string, string | number | null>>;

/** A value of the column by which a table's rows are ordered first. */
export type RowKey = string | number;

/** What a Darkroom keeps. Who runs jobs at the moment is not among it. */
export const TABLE_NAMES = ['jobs', 'events', 'conversations', 'messages', 'settings'] as const;

export type TableName = (typeof TABLE_NAMES)[number];

/** The columns that find a row; rows are read in their order. */
export const TABLE_KEYS = {
  jobs: ['id'],
  events: ['job_id', 'seq'],
  conversations: ['id'],
  messages: ['id'],
  settings: ['name'],
} as const satisfies Readonly<Record<TableName, readonly string[]>>;

/** Rows behind `after`, up to and with `upTo`, by the first column of the key; undefined: from the beginning, to the end. */
export interface Span {
  readonly after: RowKey | undefined;
  readonly upTo: RowKey | undefined;
}

/** The highest numbers that were ever given out. */
export interface Counters {
  readonly ticket: number;
  readonly messageId: number;
}

/**
 * A store's bare tables, opened to be carried elsewhere, or to be filled. As long as they are open nobody else may use
 * the store. Errors are `StorageError`s.
 */
export interface Tables {
  /** Where they are, for people: without secrets. */
  readonly name: string;
  count(table: TableName): Promise<number>;
  /** At most `limit` rows of the span, in the order of the key, byte by byte; all of them without `limit`. */
  read(table: TableName, span: Span, limit?: number): Promise<readonly Row[]>;
  /** Rows that are not there yet. */
  insert(table: TableName, rows: readonly Row[]): Promise<void>;
  /** Removes the rows that have these rows' keys. */
  remove(table: TableName, rows: readonly Row[]): Promise<void>;
  readCounters(): Promise<Counters>;
  /** What is given out next is higher than these. */
  raiseCounters(counters: Counters): Promise<void>;
  /** Throws if a Darkroom runs on this store. */
  checkUnused(): Promise<void>;
  /** All of `work` or nothing; nobody else writes meanwhile. */
  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  /** Idempotent. */
  close(): Promise<void>;
}
