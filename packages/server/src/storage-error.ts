import { toStorable } from '@darkroom/protocol';

const MAX_MESSAGE_CHARS = 1_000;

export interface StorageErrorOptions extends ErrorOptions {
  /** See `StorageError.lasts`. Default: false. */
  readonly lasts?: boolean;
  /** See `StorageError.detail`. Default: none. */
  readonly detail?: string | undefined;
}

/**
 * The store or the image storage could not write or read: full, read-only, gone. The caller's data is as it was. The
 * message is shown to clients where a job fails because of it: it holds no words of a driver, is bounded, and what a database
 * cannot store is replaced.
 */
export class StorageError extends Error {
  readonly isStorageError = true;
  override readonly name = 'StorageError';
  /** It will hardly pass by itself: somebody has to make room, or to allow it. */
  readonly lasts: boolean;
  /** The driver's own text, if the message does not translate it. It may hold paths, addresses and SQL: for the log and the console only. */
  readonly detail: string | undefined;

  constructor(message: string, options?: StorageErrorOptions) {
    super(toStorable(message, MAX_MESSAGE_CHARS), options);
    this.lasts = options?.lasts ?? false;
    this.detail = options?.detail;
  }
}

/** What the operator is shown of an error that ends a program. */
export const operatorMessage = ({ message, detail }: StorageError): string =>
  detail === undefined ? message : `${message} (${detail})`;

/** By brand, so that it holds across copies of this module. */
export function isStorageError(thrown: unknown): thrown is StorageError {
  return thrown instanceof Error && 'isStorageError' in thrown && thrown.isStorageError === true;
}

/** By the codes of the system's calls. */
const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EEXIST: 'a file is where a folder should be',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a file is where a folder should be',
  EIO: 'the disk has an input/output error',
};

/** By SQLite's primary result codes (sqlite.org/rescode.html). */
const SQLITE_WORDS: Readonly<Record<number, string>> = {
  5: 'another process is using it',
  8: 'the database is read-only',
  10: 'the disk has an input/output error',
  13: 'the disk is full',
};

/** By PostgreSQL's SQLSTATEs, and those of the network on the way to it. */
const POSTGRES_WORDS: Readonly<Record<string, string>> = {
  '25006': 'the database is read-only',
  '28000': 'the database does not let this user in',
  '28P01': 'the password is wrong',
  '3D000': 'the database does not exist',
  '53100': 'the disk is full',
  '53300': 'the database has too many connections',
  '57014': 'the database took too long',
  '57P01': 'the database is shutting down',
  '57P03': 'the database is starting or stopping',
  ECONNREFUSED: 'no server answers there',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'there is no such host',
  ETIMEDOUT: 'the server does not answer',
};

/** Of the codes above: full, read-only, not allowed. */
const LASTING: ReadonlySet<string | number> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 8, 13, '53100']);

/** SQLite's primary result codes for trouble that every write has: busy, locked, no memory, read-only, interrupted, broken or full disk. */
const SQLITE_OUTAGES: ReadonlySet<number> = new Set([5, 6, 7, 8, 9, 10, 11, 13, 14, 26]);

/** PostgreSQL's classes of the same: statements or tables not as expected, no transaction possible, no resources, stopped by an operator, system error. */
const POSTGRES_OUTAGES = /^(?:0A|25|26|42|53|57|58)/;

/**
 * Whether the other writes of a transaction may succeed without the one that failed so: the storage works, and refused a
 * value, or the write's own code failed.
 */
export function concernsOneWrite(thrown: unknown): boolean {
  const code = codeOf(isStorageError(thrown) ? thrown.cause : thrown);
  return typeof code === 'number' ? !SQLITE_OUTAGES.has(code) : !POSTGRES_OUTAGES.test(code ?? '');
}

/** What a driver calls its trouble: the name of a system's or of PostgreSQL's code, the number of one of SQLite's. */
function codeOf(thrown: unknown): string | number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  // The lowest byte is the primary code of an extended one.
  if ('errcode' in thrown) return Number(thrown.errcode) & 0xff;
  return 'code' in thrown ? String(thrown.code) : undefined;
}

const knownWords = (code: string | number | undefined): string | undefined =>
  typeof code === 'number' ? SQLITE_WORDS[code] : (SYSTEM_WORDS[code ?? ''] ?? POSTGRES_WORDS[code ?? '']);

/** Wraps what a driver threw, in words a person can act on. The driver's own text is kept out of the message, which is public. */
export function toStorageError(what: string, thrown: unknown): StorageError {
  if (isStorageError(thrown)) return thrown;
  const code = codeOf(thrown);
  const lasts = code !== undefined && LASTING.has(code);
  const known = knownWords(code);
  if (known !== undefined) return new StorageError(`${what}: ${known}`, { cause: thrown, lasts });
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new StorageError(`${what}: an unexpected error`, { cause: thrown, lasts, detail });
}
