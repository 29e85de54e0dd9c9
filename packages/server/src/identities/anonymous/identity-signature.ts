import { createHmac, timingSafeEqual } from 'node:crypto';

/** What is signed: one kind of words can never be shown as the other. */
export type Purpose = 'anonymous' | 'link';

const SIGNATURE_CHARS = 43;

/** 256 bits that only the holder of the key can make, base64url. */
export function sign(key: Buffer, purpose: Purpose, words: string): string {
  return createHmac('sha256', key).update(`${purpose}:${words}`).digest('base64url');
}

/** Whether the signature is of these words, in a time that tells nothing of how far it was right. */
export function isSigned(key: Buffer, purpose: Purpose, words: string, signature: string): boolean {
  const given = Buffer.from(signature);
  return given.length === SIGNATURE_CHARS && timingSafeEqual(given, Buffer.from(sign(key, purpose, words)));
}
