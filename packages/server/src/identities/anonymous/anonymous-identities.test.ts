import { describe, expect, it } from 'vitest';
import { isIdentityError } from '../../identity-error.ts';
import { type IdentityKey, newIdentityKey } from '../../identity-keys/identity-keys.ts';
import { AnonymousIdentities } from './anonymous-identities.ts';

const PLAIN = 'darkroom_id';
const HOST = '__Host-darkroom_id';

const nameOf = (setCookie: string) => setCookie.split('=')[0];
const cookieValue = (setCookie: string) => /=([^;]*)/.exec(setCookie)?.[1] ?? '';
/** A request with these cookies, in this order. */
const withCookies = (...cookies: readonly string[]) => ({
  headers: cookies.length === 0 ? {} : { cookie: cookies.join('; ') },
  headersDistinct: {},
  socket: { remoteAddress: undefined },
});
const unnamed = (): IdentityKey => ({ ...newIdentityKey(), id: undefined });
const create = (...keys: readonly IdentityKey[]) =>
  new AnonymousIdentities(keys.length === 0 ? [newIdentityKey()] : keys);
/** A new identity: its owner, and the value of its cookie. */
function issue(identities: AnonymousIdentities) {
  const { owner, cookie } = identities.issue(false);
  return { owner, value: cookieValue(cookie) };
}

describe('AnonymousIdentities', () => {
  it('[R9] knows the cookie it gave, among others, and after a restart with the same key', () => {
    const key = newIdentityKey();
    const { owner, value } = issue(create(key));
    const later = create(key);
    expect(owner).toMatch(/^[\w-]{22}$/);
    expect(later.identify(withCookies(`${PLAIN}=${value}`), false)).toBe(owner);
    expect(later.identify(withCookies('theme=dark', `${PLAIN}=${value}`, 'a=b'), false)).toBe(owner);
  });

  it('[R9] the cookie is out of scripts’ reach and first-party; over https it is secure, and of this host alone', () => {
    const identities = create();
    const { cookie } = identities.issue(false);
    expect(cookie).toMatch(/^darkroom_id=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    expect(identities.issue(true).cookie).toMatch(
      /^__Host-darkroom_id=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('[R9] no one is another visitor: no cookie, a forged one, another key’s, another id', () => {
    const [key, second] = [newIdentityKey(), newIdentityKey()];
    const identities = create(key, second);
    const { value } = issue(identities);
    const [other, foreign] = [issue(identities).owner, issue(create({ ...newIdentityKey(), id: key.id })).value];
    const forged = [value.replace(/^.{22}/, other), value.replace(`.${key.id}.`, `.${second.id}.`), foreign];
    const bad = ['', ...forged, value.slice(0, -1), `${value}a`, `"${value}"`, value.replace(`.${key.id}.`, '.')];
    expect(identities.identify(withCookies(), false)).toBeUndefined();
    for (const one of bad) expect(identities.identify(withCookies(`${PLAIN}=${one}`), false), one).toBeUndefined();
    for (const name of [`x${PLAIN}`, `${PLAIN}x`, PLAIN.toUpperCase(), HOST])
      expect(identities.identify(withCookies(`${name}=${value}`), false), name).toBeUndefined();
  });
});

describe('A rotation of keys', () => {
  it('[R9] keeps every visitor of a key that is still in the ring, and replaces its cookie by one of the first key', () => {
    const [old, key] = [newIdentityKey(), newIdentityKey()];
    const { owner, value } = issue(create(old));
    const rotated = create(key, old);
    for (const [isSecure, name] of [
      [false, PLAIN],
      [true, HOST],
    ] as const) {
      const request = withCookies(`${name}=${value}`);
      expect(rotated.identify(request, isSecure)).toBe(owner);
      const [renewed = '', ...more] = rotated.renew(request, isSecure);
      expect([nameOf(renewed), more]).toEqual([name, []]);
      const current = withCookies(`${name}=${cookieValue(renewed)}`);
      expect(create(key).identify(current, isSecure)).toBe(owner);
      expect(rotated.renew(current, isSecure)).toEqual([]);
    }
  });

  it('[R9] forgets the visitors of a key that was removed', () => {
    const old = newIdentityKey();
    const request = withCookies(`${PLAIN}=${issue(create(old)).value}`);
    expect(create(newIdentityKey(), old).identify(request, false)).toBeDefined();
    const without = create(newIdentityKey());
    expect([without.identify(request, false), without.renew(request, false)]).toEqual([undefined, []]);
  });

  it('[R9] knows the visitors from before key ids, and gives them a cookie with one', () => {
    const [former, key] = [unnamed(), newIdentityKey()];
    const { owner, value } = issue(create(former));
    expect(value).toMatch(/^[\w-]{22}\.[\w-]{43}$/);
    const request = withCookies(`${PLAIN}=${value}`);
    const [renewed = ''] = create(key, former).renew(request, false);
    expect(cookieValue(renewed)).toMatch(new RegExp(`^${owner}\\.${key.id}\\.`));
  });
});

describe('Over https', () => {
  it('[R9] a plain cookie does not count, even one of this server: any host of the domain can set it', () => {
    const identities = create();
    const request = withCookies(`${PLAIN}=${issue(identities).value}`);
    expect(identities.identify(request, false)).toBeDefined();
    expect([identities.identify(request, true), identities.renew(request, true)]).toEqual([undefined, []]);
  });

  it('[R9] a plain cookie never replaces a __Host- one, good or bad, wherever it stands', () => {
    const former = unnamed();
    const identities = create(newIdentityKey(), former);
    const [own, planted] = [issue(identities), issue(create(former))];
    const [host, plain] = [`${HOST}=${own.value}`, `${PLAIN}=${planted.value}`];
    for (const request of [withCookies(host, plain), withCookies(plain, host)])
      expect(identities.identify(request, true)).toBe(own.owner);
    expect(identities.identify(withCookies(plain, `${HOST}=nonsense`), true)).toBeUndefined();
  });

  it('[R9] the cookie of a version before is accepted, and replaced by a __Host- one', () => {
    const [former, key] = [unnamed(), newIdentityKey()];
    const { owner, value } = issue(create(former));
    const identities = create(key, former);
    const request = withCookies(`${PLAIN}=${value}`);
    expect(identities.identify(request, true)).toBe(owner);
    const [renewed = '', removed] = identities.renew(request, true);
    expect(nameOf(renewed)).toBe(HOST);
    expect(removed).toBe(`${PLAIN}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure`);
    const replaced = withCookies(`${HOST}=${cookieValue(renewed)}`);
    expect([identities.identify(replaced, true), identities.renew(replaced, true)]).toEqual([owner, []]);
  });
});

describe('Cookies of one name', () => {
  it.each([
    [false, PLAIN],
    [true, HOST],
  ])('[R9] that prove two identities are refused, in any order (https: %s)', (isSecure, name) => {
    const identities = create();
    const [one, other] = [issue(identities), issue(identities)].map(({ value }) => `${name}=${value}`);
    for (const cookies of [
      [one ?? '', other ?? ''],
      [other ?? '', one ?? ''],
    ])
      for (const ask of [
        () => identities.identify(withCookies(...cookies), isSecure),
        () => identities.renew(withCookies(...cookies), isSecure),
      ])
        expect(ask).toThrow(expect.toSatisfy((thrown) => isIdentityError(thrown) && thrown.header === 'cookie'));
  });

  it('[R9] of which one proves an identity are that one’s', () => {
    const identities = create();
    const { owner, value } = issue(identities);
    const cookies = [`${PLAIN}=nonsense`, `${PLAIN}=${value}`, `${PLAIN}=${value}`, `${PLAIN}=`];
    expect(identities.identify(withCookies(...cookies), false)).toBe(owner);
  });
});
