/** The store or the image storage could not write or read: full, read-only, gone. The caller's data is as it was. */
export class StorageError extends Error {
  readonly isStorageError = true;
  override readonly name = 'StorageError';
}

/** By brand, so that it holds across copies of this module. */
export function isStorageError(thrown: unknown): thrown is StorageError {
  return thrown instanceof Error && 'isStorageError' in thrown && thrown.isStorageError === true;
}

/** By the codes of the system's calls. */
const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'the folder may not be written',
  EPERM: 'the folder may not be written',
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

function words(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown ? String(thrown.code) : '';
  // The lowest byte is the primary code of an extended one.
  const sqlite = 'errcode' in thrown ? SQLITE_WORDS[Number(thrown.errcode) & 0xff] : undefined;
  return SYSTEM_WORDS[code] ?? POSTGRES_WORDS[code] ?? sqlite ?? thrown.message;
}

/** Wraps what a driver threw, in words a person can act on. */
export function toStorageError(what: string, thrown: unknown): StorageError {
  return isStorageError(thrown) ? thrown : new StorageError(`${what}: ${words(thrown)}`, { cause: thrown });
}
