import { AdoptIdentityResponse, IdentityLinkResponse, JobListResponse, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { expectError, postJson, startManual } from '../../testing/api.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { createVisitor, type Visitor } from '../../testing/visitor.ts';

const EVIL = 'https://evil.example';
const FRIEND = 'https://friend.example';

async function linkOf(visitor: Visitor): Promise<IdentityLinkResponse> {
  const response = await visitor.ask('POST', '/api/identity/link', {});
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return IdentityLinkResponse.parse(await response.json());
}

const adopt = (visitor: Visitor, token: unknown, headers: Record<string, string> = {}) =>
  visitor.ask('POST', '/api/identity/adopt', { token }, headers);

async function adopted(visitor: Visitor, token: string): Promise<boolean> {
  const response = await adopt(visitor, token);
  expect(response.status).toBe(200);
  return AdoptIdentityResponse.parse(await response.json()).adopted;
}

const listed = async (visitor: Visitor) => (await visitor.conversations()).map(({ title }) => title);

/** A desktop with a conversation, and a phone with another. */
async function start(...settings: Parameters<typeof startManual>) {
  const server = await startManual(...settings);
  const [desktop, phone] = [createVisitor(server.url), createVisitor(server.url)];
  const conversation = await desktop.converse('Boats');
  await phone.converse('Notes on the phone');
  return { ...server, desktop, phone, conversation };
}

describe('A link to another device', () => {
  it('[R12] makes it the same owner: its conversations, its own jobs, and news on its sockets, in both directions', async () => {
    const { desktop, phone, conversation, provider, url } = await start();
    const { job } = await desktop.say(conversation.id, { content: 'draw a boat' });
    const run = await provider.nextRun();
    const before = phone.headers;
    expect(await adopted(phone, (await linkOf(desktop)).token)).toBe(true);
    expect(phone.headers).toEqual(desktop.headers);
    expect(await listed(phone)).toEqual(['Boats']);
    const mine = JobListResponse.parse(await (await phone.ask('GET', '/api/jobs?mine=true&state=active')).json());
    expect(mine.jobs.map(({ id }) => id)).toEqual([job?.id]);

    const [onDesktop, onPhone] = [await openSocket(url, desktop.headers), await openSocket(url, phone.headers)];
    await run.step(1);
    await run.finish();
    await onPhone.next('conversation');
    await onDesktop.next('conversation');
    await phone.say(conversation.id, { content: 'hello from the phone' });
    expect((await onDesktop.next('conversation')).conversationId).toBe(conversation.id);
    // What the phone was before is kept, for whoever still has that cookie.
    expect(await listed(createVisitor(url, before))).toEqual(['Notes on the phone']);
  });

  it('[R12] is an address with the token in its fragment, where PUBLIC_URL says, or where the asker is', async () => {
    const { desktop, url } = await start();
    const link = await linkOf(desktop);
    expect(link.url).toBe(`${url}/link#${link.token}`);
    const owner = /=([\w-]{22})\./.exec(desktop.headers['cookie'] ?? '')?.[1];
    expect(link.token).toContain(owner);
    const proxied = await start({ PUBLIC_URL: 'https://darkroom.example/', TRUST_PROXY: 'true' });
    const response = await proxied.desktop.ask('POST', '/api/identity/link', {}, { 'x-forwarded-proto': 'https' });
    const { url: address, token } = IdentityLinkResponse.parse(await response.json());
    expect(address).toBe(`https://darkroom.example/link#${token}`);
    const answer = await adopt(proxied.phone, token, { 'x-forwarded-proto': 'https' });
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Lax; Secure$/)]);
  });

  it('[R12] works once, though many open it at the same moment', async () => {
    const { desktop, url } = await start();
    const { token } = await linkOf(desktop);
    const phones = Array.from({ length: 5 }, () => createVisitor(url));
    const statuses = await Promise.all(phones.map(async (phone) => (await adopt(phone, token)).status));
    expect(statuses.toSorted()).toEqual([200, 410, 410, 410, 410]);
    expect(phones.filter(({ headers }) => headers['cookie'] !== undefined)).toHaveLength(1);
    const late = createVisitor(url);
    expect((await expectError(await adopt(late, token), 'LINK_USED')).status).toBe(410);
    expect(late.headers).toEqual({});
  });

  it('[R12] works for ten minutes', async () => {
    const clock = new FakeClock();
    const { desktop, phone, url } = await start({}, { clock });
    const [first, second] = [await linkOf(desktop), await linkOf(desktop)];
    expect(Date.parse(first.expiresAt)).toBe(clock.now() + LIMITS.linkTtlMs);
    clock.advance(LIMITS.linkTtlMs - 1);
    expect(await adopted(phone, first.token)).toBe(true);
    const late = createVisitor(url);
    clock.advance(1);
    expect((await expectError(await adopt(late, second.token), 'LINK_EXPIRED')).status).toBe(410);
    // Long after, the used one is not known any more, and is no better for that.
    clock.advance(10 * LIMITS.linkTtlMs);
    const another = createVisitor(url);
    expect(await adopted(another, (await linkOf(desktop)).token)).toBe(true);
    await expectError(await adopt(late, first.token), 'LINK_EXPIRED');
  });

  it('[R12] its own owner may open it, and does not use it up', async () => {
    const { desktop, phone } = await start();
    const { token } = await linkOf(desktop);
    const answer = await adopt(desktop, token);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(AdoptIdentityResponse.parse(await answer.json())).toEqual({ adopted: false });
    expect(await adopted(phone, token)).toBe(true);
  });

  it('[R12][R9] who has no identity gets one with a link', async () => {
    const { url } = await start();
    const [fresh, other] = [createVisitor(url), createVisitor(url)];
    const { token } = await linkOf(fresh);
    expect(await adopted(other, token)).toBe(true);
    expect(other.headers).toEqual(fresh.headers);
  });

  it('[R12][R6] what is no token of this server is refused by its name, and changes nothing', async () => {
    const { desktop, phone } = await start();
    const { token } = await linkOf(desktop);
    const before = phone.headers;
    const foreign = await linkOf((await start()).desktop);
    const cookie = desktop.headers['cookie']?.split('=')[1];
    for (const bad of ['x', token.slice(0, -1), token.toUpperCase(), foreign.token, cookie])
      expect((await expectError(await adopt(phone, bad), 'LINK_INVALID', 'token')).status).toBe(400);
    for (const bad of ['', 'x'.repeat(LIMITS.linkTokenChars + 1), 7, null, undefined])
      await expectError(await adopt(phone, bad), 'INVALID_REQUEST', 'token');
    await expectError(await phone.ask('POST', '/api/identity/adopt', { token, more: 1 }), 'INVALID_REQUEST', 'more');
    await expectError(await phone.ask('POST', '/api/identity/link', { more: 1 }), 'INVALID_REQUEST', 'more');
    await expectError(await phone.ask('POST', '/api/identity/link'), 'INVALID_REQUEST', 'body');
    expect(phone.headers).toEqual(before);
    expect(await adopted(phone, token)).toBe(true);
  });

  it('[R12][B8] tries are counted by RATE_LIMIT', async () => {
    const { url } = await startManual({ RATE_LIMIT: '2/minute' });
    const guess = () => postJson(`${url}/api/identity/adopt`, { token: 'guess' });
    await expectError(await guess(), 'LINK_INVALID', 'token');
    await expectError(await guess(), 'LINK_INVALID', 'token');
    await expectError(await guess(), 'RATE_LIMITED');
  });
});

describe('Another site', () => {
  it.each([
    ['of another origin', { origin: EVIL, 'sec-fetch-site': 'cross-site' }],
    ['of an opaque origin', { origin: 'null' }],
    ['that says no origin', { 'sec-fetch-site': 'cross-site' }],
    ['that CORS_ORIGINS names', { origin: FRIEND, 'sec-fetch-site': 'cross-site' }],
  ])('[R12][W10] a page %s can neither make its reader somebody else nor get a link', async (_what, headers) => {
    const { desktop, phone } = await start({ CORS_ORIGINS: FRIEND });
    const { token } = await linkOf(desktop);
    for (const response of [
      await adopt(phone, token, headers),
      await phone.ask('POST', '/api/identity/link', {}, headers),
    ]) {
      expect(response.headers.getSetCookie()).toEqual([]);
      expect((await expectError(response, 'FORBIDDEN')).status).toBe(403);
    }
    expect(await listed(phone)).toEqual(['Notes on the phone']);
    expect(await adopted(phone, token)).toBe(true);
  });

  it('[R12][W10] nor any page, if CORS_ORIGINS names all', async () => {
    const { desktop, phone } = await start({ CORS_ORIGINS: '*' });
    const { token } = await linkOf(desktop);
    await expectError(await adopt(phone, token, { origin: EVIL }), 'FORBIDDEN');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    '[R12] a form cannot send a token: %s is not JSON',
    async (type) => {
      const { desktop, url } = await start();
      const { token } = await linkOf(desktop);
      const response = await postJson(`${url}/api/identity/adopt`, { token }, { 'content-type': type });
      expect(response.status).toBe(400);
      expect(response.headers.getSetCookie()).toEqual([]);
    },
  );

  it('[R12][W10] the own page, and that of PUBLIC_URL, may', async () => {
    const { desktop, phone, url } = await start({ PUBLIC_URL: 'https://darkroom.example' });
    for (const origin of [url, 'https://darkroom.example']) {
      const { token } = await linkOf(desktop);
      expect((await adopt(phone, token, { origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    }
  });
});
