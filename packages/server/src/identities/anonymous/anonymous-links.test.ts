import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { newIdentityKey } from '../../identity-keys/identity-keys.ts';
import { AnonymousIdentities } from './anonymous-identities.ts';

const ENDS_AT = Date.parse('2026-01-01T12:10:00.000Z');

function setUp(key = newIdentityKey()) {
  const identities = new AnonymousIdentities([key]);
  return { key, identities, links: identities.linksFor(), owner: identities.issue(false).owner };
}

const withCookie = (cookie: string) => ({
  headers: { cookie },
  headersDistinct: {},
  socket: { remoteAddress: undefined },
});

/** The same text with one character changed. */
const changedAt = (text: string, index: number) =>
  `${text.slice(0, index)}${text[index] === 'a' ? 'b' : 'a'}${text.slice(index + 1)}`;

describe('AnonymousLinks', () => {
  it('[R12] a token says whose it is and until when, also to a process that starts later with the same key', () => {
    const { key, links, owner } = setUp();
    const token = links.sign(owner, ENDS_AT);
    const read = { owner, endsAt: ENDS_AT, id: expect.stringMatching(/^[\w-]{16}$/) };
    expect(links.read(token)).toEqual(read);
    expect(setUp(key).links.read(token)).toEqual(read);
    expect(token.length).toBeLessThanOrEqual(LIMITS.linkTokenChars);
    expect(encodeURIComponent(token)).toBe(token);
  });

  it('[R12] no two tokens are the same link', () => {
    const { links, owner } = setUp();
    const ids = Array.from({ length: 100 }, () => links.read(links.sign(owner, ENDS_AT))?.id);
    expect(new Set(ids).size).toBe(100);
  });

  it('[R12] a token of which any character was changed says nothing', () => {
    const { links, owner } = setUp();
    const token = links.sign(owner, ENDS_AT);
    for (let index = 0; index < token.length; index++) expect(links.read(changedAt(token, index))).toBeUndefined();
  });

  it('[R12] nor one that is cut, longer, empty, or of another key', () => {
    const { links, owner } = setUp();
    const token = links.sign(owner, ENDS_AT);
    for (const bad of ['', '....', token.slice(1), token.slice(0, -1), `${token}a`, ` ${token}`, `${token}\n`])
      expect(links.read(bad)).toBeUndefined();
    expect(links.read(setUp().links.sign(owner, ENDS_AT))).toBeUndefined();
  });

  it('[R12] a cookie’s signature makes no link, and a link’s no cookie', () => {
    const { identities, links, owner } = setUp();
    const signatureOf = (text: string) => text.slice(-43);
    const token = links.sign(owner, ENDS_AT);
    const cookie = links.cookieFor(owner, false).split(';')[0] ?? '';
    expect(identities.identify(withCookie(cookie), false)).toBe(owner);
    expect(links.read(`${token.slice(0, -43)}${signatureOf(cookie)}`)).toBeUndefined();
    const forged = cookie.replace(signatureOf(cookie), signatureOf(token));
    expect(identities.identify(withCookie(forged), false)).toBeUndefined();
  });

  it('[R12] a token of before a rotation, or of before key ids, is read; one of a removed key is not', () => {
    const [former, key] = [{ ...newIdentityKey(), id: undefined }, newIdentityKey()];
    const { links, owner } = setUp(former);
    const token = links.sign(owner, ENDS_AT);
    expect(token.split('.')).toHaveLength(4);
    const rotated = new AnonymousIdentities([newIdentityKey(), key, former]).linksFor();
    for (const known of [token, setUp(key).links.sign(owner, ENDS_AT)])
      expect(rotated.read(known)).toMatchObject({ owner, endsAt: ENDS_AT });
    expect(setUp(key).links.read(token)).toBeUndefined();
  });

  it('[R12] the cookie of who brings a link is like the one it came from', () => {
    const { identities, links } = setUp();
    for (const secure of [true, false]) {
      const { owner, cookie } = identities.issue(secure);
      expect(links.cookieFor(owner, secure)).toBe(cookie);
    }
  });
});
