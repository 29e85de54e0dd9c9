import { IdentityLinkResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { expectError, startManual } from '../../testing/api.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { createVisitor } from '../../testing/visitor.ts';

const HTTPS = { 'x-forwarded-proto': 'https' };
const SECURE = /^__Host-darkroom_id=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/;
const PLAIN = /^darkroom_id=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/;

/** The origin of the server's pages, seen through the proxy. */
const ownOrigin = (url: string) => url.replace('http:', 'https:');

/** A server behind a proxy that ends TLS. */
const behindProxy = () => startManual({ TRUST_PROXY: 'true' });

describe('Over https', () => {
  it.each([
    ['a page', (url: string) => fetch(url, { headers: { ...HTTPS, accept: 'text/html' } })],
    [
      'an answer that makes something',
      (url: string) =>
        fetch(`${url}/api/conversations`, {
          method: 'POST',
          body: '{}',
          headers: { ...HTTPS, 'content-type': 'application/json' },
        }),
    ],
  ])('[R9] %s brings a cookie of this host alone', async (_what, ask) => {
    const { url } = await behindProxy();
    expect((await ask(url)).headers.getSetCookie()).toEqual([expect.stringMatching(SECURE)]);
  });

  it('[R9] so does a page’s socket, and an adopted link', async () => {
    const { url } = await behindProxy();
    expect((await openSocket(url, { ...HTTPS, origin: ownOrigin(url) })).setCookie).toEqual([
      expect.stringMatching(SECURE),
    ]);
    const [desktop, phone] = [createVisitor(url, HTTPS), createVisitor(url, HTTPS)];
    const link = await desktop.ask('POST', '/api/identity/link', {});
    const { token } = IdentityLinkResponse.parse(await link.json());
    const adopted = await phone.ask('POST', '/api/identity/adopt', { token });
    expect(adopted.headers.getSetCookie()).toEqual([expect.stringMatching(SECURE)]);
    expect(phone.headers).toEqual(desktop.headers);
  });

  it('[R9] a cookie that another host of the domain or an http page planted is no identity, on any way in', async () => {
    const { url } = await behindProxy();
    const attacker = createVisitor(url);
    await attacker.converse('The attacker’s');
    const planted = attacker.headers['cookie'] ?? '';
    const victim = createVisitor(url, { ...HTTPS, cookie: planted });
    expect(await victim.conversations()).toEqual([]);
    const socket = await openSocket(url, { ...HTTPS, origin: ownOrigin(url), cookie: planted });
    expect(socket.setCookie).toEqual([expect.stringMatching(SECURE)]);
    await victim.converse('The victim’s');
    expect(victim.headers['cookie']).toMatch(/^__Host-/);
    expect((await attacker.conversations()).map(({ title }) => title)).toEqual(['The attacker’s']);
    // Now it has both.
    const both = createVisitor(url, { ...HTTPS, cookie: `${planted}; ${victim.headers['cookie']}` });
    expect((await both.conversations()).map(({ title }) => title)).toEqual(['The victim’s']);
  });

  it('[R12] the same host’s http page can neither plant an identity nor get a link', async () => {
    const { url } = await behindProxy();
    const [attacker, victim] = [createVisitor(url, HTTPS), createVisitor(url, HTTPS)];
    const link = await attacker.ask('POST', '/api/identity/link', {});
    const { token } = IdentityLinkResponse.parse(await link.json());
    const origin = url;
    for (const [path, body] of [
      ['/api/identity/adopt', { token }],
      ['/api/identity/link', {}],
    ] as const) {
      const response = await victim.ask('POST', path, body, { origin });
      expect(response.headers.getSetCookie()).toEqual([]);
      await expectError(response, 'FORBIDDEN');
    }
    const own = { origin: ownOrigin(url) };
    expect((await victim.ask('POST', '/api/identity/adopt', { token }, own)).status).toBe(200);
  });
});

describe('Whether it is https', () => {
  it('[R9] says the proxy that is trusted, the last one where there are several', async () => {
    const { url } = await behindProxy();
    const socketOf = (proto: string) =>
      openSocket(url, { 'x-forwarded-proto': proto, origin: proto.endsWith('https') ? ownOrigin(url) : url });
    const pageOf = (proto: string) => fetch(url, { headers: { 'x-forwarded-proto': proto, accept: 'text/html' } });
    for (const [proto, cookie] of [
      ['https', SECURE],
      ['http', PLAIN],
      ['http, https', SECURE],
      ['https, http', PLAIN],
    ] as const) {
      expect((await pageOf(proto)).headers.getSetCookie(), proto).toEqual([expect.stringMatching(cookie)]);
      expect((await socketOf(proto)).setCookie, proto).toEqual([expect.stringMatching(cookie)]);
    }
  });

  it('[R9] never says the client: not a header without a trusted proxy, nor an origin', async () => {
    const { url } = await startManual({ PUBLIC_URL: 'https://darkroom.example' });
    const page = await fetch(url, { headers: { ...HTTPS, accept: 'text/html' } });
    expect(page.headers.getSetCookie()).toEqual([expect.stringMatching(PLAIN)]);
    const socket = await openSocket(url, { ...HTTPS, origin: 'https://darkroom.example' });
    expect(socket.setCookie).toEqual([expect.stringMatching(PLAIN)]);
  });
});

describe('Two identities in one request', () => {
  it('[R9][R6] are refused by the cookie’s name, on every way that asks who it is, and no cookie is changed', async () => {
    const { url } = await startManual();
    const [one, other] = [createVisitor(url), createVisitor(url)];
    for (const visitor of [one, other]) await visitor.converse();
    const cookie = `${one.headers['cookie']}; ${other.headers['cookie']}`;
    const both = createVisitor(url, { cookie });
    for (const response of [
      await both.ask('GET', '/', undefined, { accept: 'text/html' }),
      await both.ask('GET', '/api/conversations'),
      await both.ask('POST', '/api/jobs', { prompt: 'a cat' }),
    ]) {
      expect(response.headers.getSetCookie()).toEqual([]);
      expect((await expectError(response, 'INVALID_REQUEST', 'cookie')).status).toBe(400);
    }
  });
});
