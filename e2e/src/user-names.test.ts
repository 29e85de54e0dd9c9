import { ConversationListResponse, IdentityResponse, JobListResponse } from '@darkroom/protocol';
import { skipReason } from '@darkroom/server/src/testing/machine.ts';
import { openSocket } from '@darkroom/server/src/testing/socket-reader.ts';
import { createVisitor, type Visitor } from '@darkroom/server/src/testing/visitor.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { startDeployedNginx } from './harness/deployed-nginx.ts';
import type { Nginx } from './harness/nginx.ts';
import { type Stage, startStage } from './harness/stage.ts';

const JANE = 'jane';
const GOKCE = 'Gökçe Ünlü';
let stage: Stage;
let nginx: Nginx;

beforeAll(async () => {
  stage = await startStage({ TRUST_PROXY: 'true', USER_HEADER: 'Remote-User' });
  if (skipReason('nginx') !== undefined) return;
  const { host } = new URL(stage.url);
  nginx = await startDeployedNginx([host, host], [JANE, GOKCE]);
});
afterAll(async () => {
  await nginx?.stop();
  await stage.close();
});

const signedIn = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:secret`).toString('base64')}` });
/** A device of its own, with no cookie. */
const device = (user: string) => createVisitor(nginx.url, signedIn(user));

async function whoIs(visitor: Visitor, headers: Record<string, string> = {}): Promise<IdentityResponse> {
  return IdentityResponse.parse(await (await visitor.ask('GET', '/api/identity', undefined, headers)).json());
}

async function conversationsOf(visitor: Visitor): Promise<readonly string[]> {
  const answer = await visitor.ask('GET', '/api/conversations');
  return ConversationListResponse.parse(await answer.json()).conversations.map(({ id }) => id);
}

async function activeOf(visitor: Visitor): Promise<readonly string[]> {
  const answer = await visitor.ask('GET', '/api/jobs?mine=true&state=active');
  return JobListResponse.parse(await answer.json()).jobs.map(({ id }) => id);
}

describe.skipIf(skipReason('nginx') !== undefined)('[C8] people whom nginx asks for their name', () => {
  it('[R9] are who they signed in as, whatever they say of themselves', async () => {
    expect((await fetch(`${nginx.url}/api/identity`)).status).toBe(401);
    expect((await fetch(`${nginx.url}/api/identity`, { headers: { 'remote-user': JANE } })).status).toBe(401);
    expect(await whoIs(device(JANE))).toEqual({ kind: 'user', name: JANE });
    expect(await whoIs(device(GOKCE))).toEqual({ kind: 'user', name: GOKCE });
    for (const name of ['Remote-User', 'remote-user', 'REMOTE-USER', 'Remote_User'])
      expect(await whoIs(device(JANE), { [name]: 'john' })).toEqual({ kind: 'user', name: JANE });
  });

  it('[M8] [R10] have their conversations and jobs on each of their devices, live; nobody else has them', async () => {
    const [desk, phone, other] = [device(JANE), device(JANE), device(GOKCE)];
    const [hers, theirs] = await Promise.all([
      openSocket(nginx.url, phone.headers),
      openSocket(nginx.url, other.headers),
    ]);
    const { id } = await desk.converse();
    expect((await hers.next('conversation')).conversationId).toBe(id);
    const { job } = await desk.say(id, { content: `Draw ${newPrompt()}` });
    expect((await hers.next('conversation')).conversationId).toBe(id);
    for (const visitor of [desk, phone]) {
      expect(await conversationsOf(visitor)).toEqual([id]);
      expect(await activeOf(visitor)).toEqual([job?.id]);
      expect(visitor.headers['cookie']).toBeUndefined();
    }
    expect([await conversationsOf(other), await activeOf(other)]).toEqual([[], []]);
    theirs.send({ type: 'ping' });
    await theirs.next('pong');
    expect(theirs.inbox.all.map(({ type }) => type)).not.toContain('conversation');
  });
});
