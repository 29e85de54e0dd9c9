import { describe, expect, it } from 'vitest';
import { IdentityResponse, USER_META, UserName } from './identity.ts';
import { LIMITS } from './limits.ts';

describe('UserName', () => {
  it.each([
    ['a', true],
    ['Ada Lovelace', true],
    ['gökçe@örnek.tr', true],
    ['', false],
    ['   ', false],
    ['n'.repeat(LIMITS.userNameChars), true],
    ['n'.repeat(LIMITS.userNameChars + 1), false],
    [`  ${'n'.repeat(LIMITS.userNameChars)}  `, true],
    ['a\nb', false],
    ['a\tb', false],
    ['\u0000ab', false],
    ['ab\u007f', false],
    ['a\u009fb', false],
    [7, false],
  ])('[R9] %j: accepted %s', (name, expected) => {
    expect(UserName.safeParse(name).success).toBe(expected);
    expect(IdentityResponse.safeParse({ kind: 'user', name }).success).toBe(expected);
  });

  it('[R9] is trimmed', () => {
    expect(UserName.parse(' Ada ')).toBe('Ada');
  });

  it('[R9] names what is wrong with it', () => {
    expect(UserName.safeParse('a\u0000b').error?.issues[0]?.message).toBe('must not contain control characters');
  });
});

describe('IdentityResponse', () => {
  it.each([{}, { kind: 'user' }, { kind: 'admin', name: 'Ada' }, { name: 'Ada' }, null])(
    '[R9] %j is no identity',
    (identity) => {
      expect(IdentityResponse.safeParse(identity).success).toBe(false);
    },
  );

  it('[R9] an anonymous identity has no name', () => {
    expect(IdentityResponse.parse({ kind: 'anonymous', name: 'Ada' })).toEqual({ kind: 'anonymous' });
  });
});

describe('USER_META', () => {
  it('is namespaced, so that no other <meta> tag of a page is taken for it', () => {
    expect(USER_META).toBe('darkroom:user');
  });
});
