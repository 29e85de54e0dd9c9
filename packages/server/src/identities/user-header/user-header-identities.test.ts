import { describe, expect, it } from 'vitest';
import { isIdentityError } from '../../identity-error.ts';
import { newIdentityKey } from '../../identity-keys/identity-keys.ts';
import { AnonymousIdentities } from '../anonymous/anonymous-identities.ts';
import { UserHeaderIdentities } from './user-header-identities.ts';

const HEADER = 'remote-user';

/** As Node reads what a proxy writes in UTF-8. */
const onTheWire = (name: string) => Buffer.from(name).toString('latin1');
const PROXY = '10.0.0.1';
const named = (...values: readonly string[]) => ({
  headers: {},
  socket: { remoteAddress: PROXY },
  headersDistinct: values.length === 0 ? {} : { [HEADER]: [...values] },
});

function start() {
  const anonymous = new AnonymousIdentities([newIdentityKey()]);
  return {
    anonymous,
    identities: new UserHeaderIdentities(HEADER, anonymous, ({ socket }) => socket.remoteAddress === PROXY),
  };
}

describe('UserHeaderIdentities', () => {
  it('[R9] a name is the same owner everywhere, whatever key signs cookies, and no other name is', () => {
    const [here, there] = [start().identities, start().identities];
    const owner = here.identify(named('jane'), false);
    expect(owner).toMatch(/^user:[\w-]{43}$/);
    expect(there.identify(named('jane'), false)).toBe(owner);
    // Kept in the store: another way to make it would part everybody from what is theirs.
    expect(owner).toBe('user:MPwbMLS3D0w8Pzh17Yq0y7NH5KRZp7x5aQfEIc-9Gtk');
    for (const name of ['Jane', 'jane2', 'john', 'user:jane', onTheWire('jané')])
      expect(here.identify(named(name), false)).not.toBe(owner);
  });

  it('[R9] names are trimmed, UTF-8, and one however their letters are composed', () => {
    const { identities } = start();
    expect(identities.nameOf(named('  jane@example.com '))).toBe('jane@example.com');
    expect(identities.nameOf(named(onTheWire('Gökçe Ünlü 🦊')))).toBe('Gökçe Ünlü 🦊');
    const [composed, apart] = [named(onTheWire('ö')), named(onTheWire('o\u0308'))];
    expect(identities.identify(apart, false)).toBe(identities.identify(composed, false));
    expect(identities.nameOf(named('n'.repeat(256)))).toHaveLength(256);
    expect(identities.identify(named('n'.repeat(256)), false)?.length).toBeLessThanOrEqual(64);
  });

  it.each([
    ['too long', ['n'.repeat(257)], 'at most 256 characters'],
    ['not UTF-8', ['jan\u00e9'], 'in UTF-8'],
    ['with a tab in it', ['ja\tne'], 'none of them control ones'],
    ['with a control character of Unicode', [onTheWire('ja\u0085ne')], 'none of them control ones'],
    ['given twice', ['jane', 'john'], 'came more than once'],
    ['given twice, the same', ['jane', 'jane'], 'came more than once'],
    ['given twice, once empty', ['', 'jane'], 'came more than once'],
  ])('[R9] a name %s is refused, and nobody is somebody by it', (_what, values, why) => {
    const { identities } = start();
    for (const ask of [() => identities.identify(named(...values), false), () => identities.nameOf(named(...values))]) {
      expect(ask).toThrow(why);
      expect(ask).toThrow(expect.toSatisfy((thrown) => isIdentityError(thrown) && thrown.header === HEADER));
    }
  });

  it('[R9] who is not named is known by the cookie, or not at all; who is named is not', () => {
    const { anonymous, identities } = start();
    const { owner, cookie } = identities.issue(false);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    expect(anonymous.identify({ ...named(), headers }, false)).toBe(owner);
    for (const values of [[], [''], ['  ']]) {
      const request = named(...values);
      expect(identities.identify(request, false)).toBeUndefined();
      expect(identities.identify({ ...request, headers }, false)).toBe(owner);
      expect(identities.nameOf({ ...request, headers })).toBeUndefined();
    }
    expect(identities.identify({ ...named('jane'), headers }, false)).toBe(identities.identify(named('jane'), false));
  });

  it('[R9] ignores the header of a request that comes from anywhere but a trusted proxy', () => {
    const { identities } = start();
    const { owner, cookie } = identities.issue(false);
    const direct = { ...named('jane'), socket: { remoteAddress: '10.0.0.2' } };
    expect(identities.nameOf(direct)).toBeUndefined();
    expect(identities.identify(direct, false)).toBeUndefined();
    expect(identities.linksFor(direct)).toBeDefined();
    expect(identities.identify({ ...direct, headers: { cookie: cookie.split(';')[0] ?? '' } }, false)).toBe(owner);
    expect(() => identities.nameOf({ ...named('jane', 'john'), socket: direct.socket })).not.toThrow();
  });
});
