import { get, type IncomingMessage } from 'node:http';
import { IdentityLinkResponse, IdentityResponse, ImageJob, JobResponse } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { expectError, startManual } from '../../testing/api.ts';
import { openSocket, refusedUpgrade, socketUrl } from '../../testing/socket-reader.ts';
import { createVisitor, type Visitor } from '../../testing/visitor.ts';

const BEHIND_PROXY = { TRUST_PROXY: 'true', USER_HEADER: 'Remote-User' };

/** Two devices of one person, without a cookie in common, and somebody else. */
async function start(environment: Record<string, string> = BEHIND_PROXY) {
  const server = await startManual(environment);
  const device = (name: string) => createVisitor(server.url, { 'remote-user': name });
  return { ...server, desk: device('jane'), phone: device('jane'), john: device('john') };
}

const whoIs = async (visitor: Visitor) =>
  IdentityResponse.parse(await (await visitor.ask('GET', '/api/identity')).json());

const conversationsOf = async (visitor: Visitor) => (await visitor.conversations()).map(({ id }) => id);

describe('[R9] Who is signed in at the proxy', () => {
  it('[C8] has the same conversations and jobs on every device; nobody else has them', async () => {
    const { desk, phone, john } = await start();
    const { id } = await desk.converse('Boats');
    const { job } = await desk.say(id, { content: 'draw a boat' });
    await phone.say(id, { content: 'hello' });
    for (const device of [desk, phone]) {
      expect(await conversationsOf(device)).toEqual([id]);
      expect(await device.activeJobs()).toEqual([job?.id]);
      expect(await device.messages(id)).toHaveLength(4);
    }
    expect([await conversationsOf(john), await john.activeJobs()]).toEqual([[], []]);
    await expectError(await john.ask('GET', `/api/conversations/${id}`), 'NOT_FOUND', 'id');
    const cancelled = await phone.ask('POST', '/api/jobs/cancel-mine');
    expect(await cancelled.json()).toEqual({ cancelled: [job?.id] });
  });

  it('[R12] needs no link to another device, and takes none', async () => {
    const { url, desk } = await start();
    const anonymous = createVisitor(url);
    const link = await anonymous.ask('POST', '/api/identity/link', {});
    const { token } = IdentityLinkResponse.parse(await link.json());
    await expectError(await desk.ask('POST', '/api/identity/link', {}), 'LINK_NEEDLESS');
    await expectError(await desk.ask('POST', '/api/identity/adopt', { token }), 'LINK_NEEDLESS');
    const other = createVisitor(url);
    expect((await other.ask('POST', '/api/identity/adopt', { token })).status).toBe(200);
  });

  it('[M8] [C8] hears on every device’s socket what was said on another one; nobody else does', async () => {
    const { url, desk, phone, john } = await start();
    const sockets = [await openSocket(url, desk.headers), await openSocket(url, { ...phone.headers, origin: url })];
    const his = await openSocket(url, john.headers);
    expect(sockets[1]?.setCookie).toEqual([]);
    const { id } = await desk.converse();
    for (const socket of sockets) expect((await socket.next('conversation')).conversationId).toBe(id);
    await phone.say(id, { content: 'hello' });
    for (const socket of sockets) expect((await socket.next('conversation')).conversationId).toBe(id);
    his.send({ type: 'ping' });
    await his.next('pong');
    expect(his.inbox.all.map(({ type }) => type)).not.toContain('conversation');
  });

  it('[R1] [M9] owns its Idempotency-Keys and what is made by the image API, on every device', async () => {
    const { desk, phone, john } = await start();
    const post = async (visitor: Visitor, path: string, body: unknown) => {
      const answer = await visitor.ask('POST', path, body, { 'idempotency-key': 'key-1' });
      return [answer.status, await answer.json()] as const;
    };
    const made = await post(desk, '/api/jobs', { prompt: 'a cat' });
    const again = await post(phone, '/api/jobs', { prompt: 'a cat' });
    const his = await post(john, '/api/jobs', { prompt: 'a cat' });
    expect([made[0], again[0], his[0]]).toEqual([201, 200, 201]);
    const [first, same, other] = [made, again, his].map(([, answer]) => JobResponse.parse(answer).job.id);
    expect([same, other === first]).toEqual([first, false]);
    const { id } = await desk.converse();
    const drawn = await phone.ask('POST', '/image/generate', { prompt: 'a dog', conversation_id: id });
    const { job_id, message_id } = ImageJob.parse(await drawn.json());
    const read = async (visitor: Visitor) =>
      ImageJob.parse(await (await visitor.ask('GET', `/image/job/${job_id}/status`)).json()).message_id;
    expect([drawn.status, await read(desk), await read(john)]).toEqual([201, message_id, null]);
    expect(message_id).not.toBeNull();
  });

  it('is told its name, and gets no cookie with anything', async () => {
    const { url } = await start();
    const name = 'Gökçe <b>"&';
    const visitor = createVisitor(url, { 'remote-user': Buffer.from(name).toString('latin1') });
    const answer = await visitor.ask('GET', '/api/identity');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ kind: 'user', name });
    const answers = [
      answer,
      await visitor.ask('GET', '/', undefined, { accept: 'text/html' }),
      await visitor.ask('POST', '/api/conversations', {}),
      await visitor.ask('POST', '/api/jobs', { prompt: 'a cat' }),
    ];
    for (const { headers } of answers) expect(headers.getSetCookie()).toEqual([]);
  });

  it('is not the anonymous browser it was: that keeps what is its own, and finds it again when nobody is signed in', async () => {
    const { url } = await start();
    const anonymous = createVisitor(url);
    const { id } = await anonymous.converse();
    expect(await whoIs(anonymous)).toEqual({ kind: 'anonymous' });
    const signedIn = createVisitor(url, { ...anonymous.headers, 'remote-user': 'jane' });
    expect(await whoIs(signedIn)).toEqual({ kind: 'user', name: 'jane' });
    expect(await conversationsOf(signedIn)).toEqual([]);
    expect(signedIn.headers['cookie']).toBe(anonymous.headers['cookie']);
    // Some proxies send the header empty where nobody is signed in.
    const signedOut = createVisitor(url, { ...anonymous.headers, 'remote-user': '' });
    expect(await conversationsOf(signedOut)).toEqual([id]);
  });

  it('cannot be known by a bad name: each request that asks who it is from is refused', async () => {
    const { url } = await start();
    const bad = { 'remote-user': 'jan\u00e9' };
    const visitor = createVisitor(url, bad);
    const answers = [
      await visitor.ask('GET', '/api/identity'),
      await visitor.ask('GET', '/', undefined, { accept: 'text/html' }),
      await visitor.ask('GET', '/api/conversations'),
      await visitor.ask('POST', '/api/conversations', {}),
      await visitor.ask('GET', '/api/jobs?mine=true'),
      await visitor.ask('POST', '/api/jobs', { prompt: 'a cat' }),
      await visitor.ask('GET', '/image/status'),
    ];
    for (const answer of answers) {
      expect((await expectError(answer, 'INVALID_REQUEST', 'remote-user')).status).toBe(400);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect((await refusedUpgrade(socketUrl(url), { ...bad, origin: url })).statusCode).toBe(400);
    // A proxy that adds its header to the client's.
    const headers = { 'remote-user': ['jane', 'jane'] };
    const twice = await new Promise<IncomingMessage>(
      (resolve) => void get(`${url}/api/identity`, { headers }, resolve),
    );
    expect(twice.resume().statusCode).toBe(400);
  });

  it.each([{}, { TRUST_PROXY: 'true' }])('with %j nobody is: the header says nothing', async (environment) => {
    const { url, desk } = await start(environment);
    expect(await whoIs(desk)).toEqual({ kind: 'anonymous' });
    const { id } = await desk.converse();
    expect(desk.headers['cookie']).toMatch(/^darkroom_id=/);
    const other = createVisitor(url, { 'remote-user': 'jane' });
    expect(await conversationsOf(other)).toEqual([]);
    await expectError(await other.ask('GET', `/api/conversations/${id}`), 'NOT_FOUND', 'id');
  });
});
