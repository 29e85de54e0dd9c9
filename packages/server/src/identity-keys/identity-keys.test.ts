import { describe, expect, it } from 'vitest';
import { formatIdentityKeys, newIdentityKey, parseIdentityKeys, withUnnamedKey } from './identity-keys.ts';

const KEY = 'k'.repeat(43);
const OTHER = 'o'.repeat(64);

describe('A key ring', () => {
  it('is read as it is written, with commas or line breaks', () => {
    const keys = [newIdentityKey(), newIdentityKey(), { id: undefined, key: KEY }];
    for (const separator of [',', '\n'] as const)
      expect(parseIdentityKeys(formatIdentityKeys(keys, separator))).toEqual(keys);
  });

  it('may hold comments, blanks, and keys as `openssl rand -hex 32` makes them', () => {
    const keys = [
      { id: 'b', key: OTHER },
      { id: 'a', key: KEY },
    ];
    expect(parseIdentityKeys(`# b:${KEY}\n\n b:${OTHER} ,\r\n  # a\na:${KEY}\n`)).toEqual(keys);
  });

  it.each([
    ['a short key', `a:${KEY.slice(1)}`],
    ['a long key', `a:${'k'.repeat(129)}`],
    ['standard base64', `a:${KEY}+=`],
    ['a bad id', `A:${KEY}`],
    ['a long id', `${'a'.repeat(17)}:${KEY}`],
    ['an empty id', `:${KEY}`],
    ['no signing key', KEY],
    ['nothing', ' , '],
    ['one id twice', `a:${KEY},a:${OTHER}`],
  ])('with %s is refused, without repeating a key', (_what, text) => {
    expect(() => parseIdentityKeys(text)).toThrow(
      expect.toSatisfy((thrown: Error) => thrown.message !== '' && !/k{10}|o{10}/.test(thrown.message)),
    );
  });

  it('takes the key of an earlier version once, and last', () => {
    const ring = [newIdentityKey()];
    expect(withUnnamedKey(ring, undefined)).toBe(ring);
    const longer = withUnnamedKey(ring, KEY);
    expect(longer).toEqual([...ring, { id: undefined, key: KEY }]);
    expect(withUnnamedKey(longer, KEY)).toBe(longer);
    expect(withUnnamedKey(longer, OTHER)).toHaveLength(3);
  });

  it('makes keys of 256 bits, no two alike', () => {
    const keys = Array.from({ length: 100 }, () => newIdentityKey().key);
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(Buffer.from(key, 'base64url')).toHaveLength(32);
  });
});
