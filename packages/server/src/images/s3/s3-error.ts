import { isStorageError, StorageError } from '../../storage-error.ts';

/** By the names of S3's and its client's errors, and by the codes of the system's calls. */
const WORDS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'the bucket does not exist',
  AccessDenied: 'the object storage denies access to the bucket',
  InvalidAccessKeyId: 'the object storage does not know the access key',
  SignatureDoesNotMatch: 'the object storage refuses the secret key',
  ExpiredToken: 'the keys of the object storage have expired',
  RequestTimeTooSkewed: 'the clocks of this machine and of the object storage differ',
  CredentialsProviderError: 'there are no keys for the object storage',
  PermanentRedirect: 'the bucket is in another region',
  QuotaExceeded: 'the bucket is full',
  XMinioStorageFull: 'the object storage is full',
  EntityTooLarge: 'the picture is too large for the object storage',
  SlowDown: 'the object storage is overloaded',
  TimeoutError: 'the object storage does not answer',
  AbortError: 'the object storage does not answer',
  ECONNREFUSED: 'the object storage cannot be reached',
  ECONNRESET: 'the object storage broke the connection off',
  EPIPE: 'the object storage broke the connection off',
  ETIMEDOUT: 'the object storage does not answer',
  EHOSTUNREACH: 'the object storage cannot be reached',
  ENETUNREACH: 'the object storage cannot be reached',
  ENOTFOUND: 'the object storage’s host name is unknown',
  EAI_AGAIN: 'the object storage’s host name cannot be looked up',
};

/** The HTTP status S3 answered with; undefined where it did not answer. */
export function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) return undefined;
  const metadata = thrown.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function words(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'the object storage failed';
  const code = 'code' in thrown ? String(thrown.code) : '';
  const known = WORDS[thrown.name] ?? WORDS[code];
  if (known !== undefined) return known;
  const status = statusOf(thrown);
  return status === undefined
    ? `the object storage failed (${thrown.name})`
    : `the object storage answered ${status} (${thrown.name})`;
}

/** Wraps what the client threw. Of the original only its name stays: it carries addresses, keys' ids and signatures. */
export function toS3Error(what: string, thrown: unknown): StorageError {
  return isStorageError(thrown) ? thrown : new StorageError(`${what}: ${words(thrown)}`);
}
