import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IdentityKey } from '../../identity-keys/identity-keys.ts';

/** What is signed: a signature for one purpose is none for another. */
export type Purpose = 'anonymous' | 'link';

/** The end of a signed text: `.id.signature`, or `.signature` of the key without an id. */
export const SIGNATURE = String.raw`(?:\.(?<keyId>[a-z0-9]{1,16}))?\.(?<signature>[\w-]{43})`;

/** A text's signature, taken apart by `SIGNATURE`. */
export interface Signature {
  /** Undefined: the signature carries no id. */
  readonly keyId?: string | undefined;
  readonly signature?: string | undefined;
}

interface Key {
  readonly id: string | undefined;
  readonly bytes: Buffer;
}

/** Signs with the first key, and verifies with all of them. */
export class KeyRing {
  readonly #keys: readonly [Key, ...Key[]];

  /** `keys` as `parseIdentityKeys` reads them; at least one. */
  constructor(keys: readonly IdentityKey[]) {
    const [first, ...others] = keys.map(({ id, key }) => ({ id, bytes: Buffer.from(key, 'base64url') }));
    if (first === undefined) throw new Error('a key ring needs a key');
    this.#keys = [first, ...others];
  }

  /** The text and its signature by the first key. */
  sign(purpose: Purpose, text: string): string {
    const [{ id, bytes }] = this.#keys;
    return `${text}${id === undefined ? '' : `.${id}`}.${mac(bytes, purpose, text)}`;
  }

  /** Whether a key of the ring has made this signature; how long it takes says nothing of how far it was right. */
  isSigned(purpose: Purpose, text: string, { keyId, signature = '' }: Signature): boolean {
    const given = Buffer.from(signature);
    return this.#keys.some(({ id, bytes }) => {
      if (id !== keyId) return false;
      const expected = Buffer.from(mac(bytes, purpose, text));
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

/** 256 bits that only the holder of the key can make, base64url. */
function mac(key: Buffer, purpose: Purpose, text: string): string {
  return createHmac('sha256', key).update(`${purpose}:${text}`).digest('base64url');
}
