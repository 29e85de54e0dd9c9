import { randomBytes } from 'node:crypto';

/** A key that signs identities, and the id under which its signatures name it. */
export interface IdentityKey {
  /** Undefined: the one key of an earlier version, whose signatures carry no id. It only verifies. */
  readonly id: string | undefined;
  /** At least 256 bits, base64url. */
  readonly key: string;
}

const ENTRY = /^(?:(?<id>[a-z0-9]{1,16}):)?(?<key>[\w-]{43,128})$/;
const KEY_BYTES = 32;
const ID_BYTES = 3;
const COMMENT = /^\s*#.*$/gm;

/** Makes a key with an id of its own. */
export const newIdentityKey = (): IdentityKey => ({
  id: randomBytes(ID_BYTES).toString('hex'),
  key: randomBytes(KEY_BYTES).toString('base64url'),
});

/**
 * Reads a key ring: `id:key`, separated by commas or line breaks, the signing key first. Lines that begin with `#` are
 * comments. Throws an `Error` of one line, which never repeats a key.
 */
export function parseIdentityKeys(text: string): readonly IdentityKey[] {
  const keys = text
    .replace(COMMENT, '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry): IdentityKey => {
      const { id, key } = ENTRY.exec(entry)?.groups ?? {};
      if (key === undefined)
        throw new Error(
          'each key must be id:key, an id of 1 to 16 of a–z and 0–9, a key of 43 to 128 of A–Z, a–z, 0–9, - and _',
        );
      return { id, key };
    });
  if (keys[0]?.id === undefined) throw new Error('the first key signs, and must have an id: id:key');
  const ids = keys.flatMap(({ id }) => id ?? []);
  if (new Set(ids).size < ids.length) throw new Error('no two keys may have the same id');
  return keys;
}

/** A key ring as `parseIdentityKeys` reads it. */
export function formatIdentityKeys(keys: readonly IdentityKey[], separator: ',' | '\n' = ','): string {
  return keys.map(({ id, key }) => (id === undefined ? key : `${id}:${key}`)).join(separator);
}

/** A ring that also verifies what `key`, the one of an earlier version, has signed. */
export function withUnnamedKey(keys: readonly IdentityKey[], key: string | undefined): readonly IdentityKey[] {
  const isKnown = key === undefined || keys.some((one) => one.id === undefined && one.key === key);
  return isKnown ? keys : [...keys, { id: undefined, key }];
}
