import { describe, expect, it } from 'vitest';
import { AnonymousIdentities, newIdentityKey } from './anonymous-identities.ts';

const cookieOf = (setCookie: string) => setCookie.split(';')[0] ?? '';
const withCookie = (cookie?: string) => ({ headers: cookie === undefined ? {} : { cookie } });

describe('AnonymousIdentities', () => {
  it('[R9] knows whom it gave a cookie, among others, and after a restart with the same key', () => {
    const key = newIdentityKey();
    const { owner, cookie } = new AnonymousIdentities(key).issue(false);
    const later = new AnonymousIdentities(key);
    expect(owner).toMatch(/^[\w-]{22}$/);
    expect(later.identify(withCookie(cookieOf(cookie)))).toBe(owner);
    expect(later.identify(withCookie(`theme=dark; ${cookieOf(cookie)}; a=b`))).toBe(owner);
  });

  it('[R9] the cookie is out of scripts’ reach, first-party, and secure over https', () => {
    const identities = new AnonymousIdentities(newIdentityKey());
    expect(identities.issue(false).cookie).toMatch(/; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    expect(identities.issue(true).cookie).toMatch(/; Secure$/);
  });

  it('[R9] nobody is somebody else: no cookie, a forged one, another key’s', () => {
    const identities = new AnonymousIdentities(newIdentityKey());
    const own = cookieOf(identities.issue(false).cookie);
    const [other, foreign] = [identities.issue(false).owner, new AnonymousIdentities(newIdentityKey()).issue(false)];
    const forged = own.replace(/=.{22}/, `=${other}`);
    for (const cookie of [undefined, '', 'darkroom_id=', forged, own.slice(0, -1), `x${own}`, cookieOf(foreign.cookie)])
      expect(identities.identify(withCookie(cookie))).toBeUndefined();
  });
});
