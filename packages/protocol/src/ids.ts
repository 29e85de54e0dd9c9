import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

/** 128 random bits, base64url. */
const randomId = (what: string) =>
  z.string().check(z.regex(/^[A-Za-z0-9_-]{22}$/, `must be ${what} id: 22 characters of A–Z, a–z, 0–9, - and _`));

/** 128 random bits, base64url: 22 characters. Who has it may read the job and act on it. */
export const JobId = randomId('a job');

/** 128 random bits, base64url: 22 characters. Useful to its owner only. */
export const ConversationId = randomId('a conversation');

/** Time and 128 random bits, base64url: 30 characters; 22 in uploads from before. Who has it may read the upload and use it. */
export const UploadId = z
  .string()
  .check(
    z.regex(
      /^(?:[A-Za-z0-9_-]{30}|[A-Za-z0-9_-]{22})$/,
      'must be an upload id: 30 characters of A–Z, a–z, 0–9, - and _',
    ),
  );

/** Name of one life of a job's log (rule P1): at most 32 characters, base64url. */
export const Epoch = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be an epoch: 1 to 32 characters of A–Z, a–z, 0–9, - and _'));

/** A list's position, as `nextCursor` names it: at most 128 characters, base64url. */
export const ListCursor = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be the nextCursor of a list'));

/** Value of an `Idempotency-Key` header: visible characters of ASCII and spaces, bounded. */
export const IdempotencyKey = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(LIMITS.idempotencyKeyChars),
    z.regex(/^[\x20-\x7e]*$/, 'must be of visible ASCII characters and spaces'),
  );
