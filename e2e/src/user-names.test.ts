import { IdentityResponse } from '@darkroom/protocol';
import { skipReason } from '@darkroom/server/src/testing/machine.ts';
import { openSocket } from '@darkroom/server/src/testing/socket-reader.ts';
import { createVisitor, type Visitor } from '@darkroom/server/src/testing/visitor.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { startDeployedNginx } from './harness/deployed-nginx.ts';
import type { Nginx } from './harness/nginx.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

const JANE = 'jane';
const GOKCE = 'Gökçe Ünlü';
const LONG = 'a.name.as.long.as.they.come@a-department-with-a-long-name.example.org';
let stage: Stage;
let nginx: Nginx;

beforeAll(async () => {
  stage = await startStage({ TRUST_PROXY: 'true', USER_HEADER: 'Remote-User' });
  if (skipReason('nginx') !== undefined) return;
  const { host } = new URL(stage.url);
  nginx = await startDeployedNginx([host, host], [JANE, GOKCE, LONG]);
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

const conversationsOf = async (visitor: Visitor) => (await visitor.conversations()).map(({ id }) => id);

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
      expect(await visitor.activeJobs()).toEqual([job?.id]);
      expect(visitor.headers['cookie']).toBeUndefined();
    }
    expect([await conversationsOf(other), await other.activeJobs()]).toEqual([[], []]);
    theirs.send({ type: 'ping' });
    await theirs.next('pong');
    expect(theirs.inbox.all.map(({ type }) => type)).not.toContain('conversation');
  });
});

describe.concurrent('[C8] pages of people whom nginx asks for their name', () => {
  /** How a person's browser answers nginx. */
  const asked = (username: string) => ({ httpCredentials: { username, password: 'secret' } });

  browserTest(
    '[C8] what one says on one device appears on the other, with its picture, as it is made',
    async ({ visit, prepare }) => {
      const desk = new ChatPage(await visit(`${nginx.url}/chat`, 'desktop', asked(GOKCE)));
      const phone = new ChatPage(await prepare('phone', asked(GOKCE)));
      const told = new Set<unknown>();
      let listens = false;
      phone.page.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => {
          const message: { type: string; conversationId?: string } = JSON.parse(String(payload));
          if (message.type === 'conversation') told.add(message.conversationId);
          listens ||= message.type === 'hello';
        }),
      );
      await phone.page.goto(`${nginx.url}/chat`);
      const mark = phone.page.getByRole('button', { name: `Signed in as ${GOKCE}` });
      await mark.waitFor();
      await eventually(() => listens).toBe(true);
      const prompt = await desk.draw();
      const { pathname } = new URL(await desk.conversation());
      await phone.page.getByRole('button', { name: 'Show conversations' }).click();
      await phone.page.getByRole('link', { name: `Draw ${prompt}` }).click();
      await phone.page.waitForURL(`**${pathname}`);
      await eventually(() => told).toEqual(new Set([pathname.split('/').at(-1)]));
      const run = await stage.backend.run(prompt);
      run.step(4);
      for (const page of [desk, phone]) {
        const picture = await page.until(prompt, 'processing');
        await picture.getByRole('img', { name: `Preview of “${prompt}”` }).waitFor();
      }
      run.finish();
      for (const page of [desk, phone]) {
        const picture = await page.until(prompt, 'complete');
        await picture.getByRole('img', { name: `Generated image for “${prompt}”` }).waitFor();
        await expectSound(page.visit);
      }
      const answer = await phone.draw();
      (await stage.backend.run(answer)).finish();
      await desk.until(answer, 'complete');
      expect(await phone.visit.context.cookies()).toEqual([]);
    },
    { needs: ['nginx'] },
  );

  browserTest(
    '[C8] the name is in the navigation, whole for whoever asks, with the keyboard as well',
    async ({ visit }) => {
      for (const [look, locale] of [
        ['desktop', 'en-GB'],
        ['phone', 'tr-TR'],
      ] as const) {
        const visited = await visit(nginx.url, look, { ...asked(LONG), locale });
        const { page } = visited;
        const mark = page.getByRole('navigation').getByRole('button', { name: LONG });
        await eventually(() => mark.getAttribute('title')).toBe(LONG);
        await mark.focus();
        await page.keyboard.press('Enter');
        const panel = page.getByText(LONG, { exact: true }).and(page.locator('[popover] *'));
        await panel.waitFor();
        await expectUsable(visited);
        await page.keyboard.press('Escape');
        await panel.waitFor({ state: 'hidden' });
      }
    },
    { needs: ['nginx'] },
  );

  browserTest(
    '[C8] in one browser each person sees what is theirs, and that what was there before is kept apart',
    async ({ prepare }) => {
      const chat = new ChatPage(await prepare());
      const { page } = chat;
      await page.goto(`${stage.url}/chat`);
      /** The next one to sit down here; `headers` as a proxy sets them. */
      const sitDown = async (headers: Record<string, string>) => {
        await page.goto('about:blank');
        await chat.visit.context.setExtraHTTPHeaders(headers);
        await page.goto(`${stage.url}/chat`);
      };
      const anonymous = await chat.draw();
      await chat.list.getByRole('link', { name: `Draw ${anonymous}` }).waitFor();
      expect(await page.getByText('kept apart').count()).toBe(0);
      const link = chat.page.getByRole('button', { name: 'Continue on another device' });
      await eventually(() => link.count()).toBe(1);
      await sitDown({ 'remote-user': 'ada' });
      await page.getByText('What you begin will be listed here.').first().waitFor();
      await page
        .getByText('Conversations begun in this browser before you signed in are kept apart.')
        .first()
        .waitFor();
      // Who has a name has it on the other device too.
      expect(await link.count()).toBe(0);
      const hers = await chat.draw();
      await chat.list.getByRole('link', { name: `Draw ${hers}` }).waitFor();
      await eventually(() => chat.list.getByRole('link').count()).toBe(1);
      // Nothing the network would say could put right what was shown before it answered.
      await page.route('**/api/**', (route) => route.abort());
      await sitDown({ 'remote-user': 'bob' });
      await chat.list.waitFor();
      expect(await page.getByText(hers).count()).toBe(0);
      await sitDown({ 'remote-user': 'ada' });
      await chat.list.getByRole('link', { name: `Draw ${hers}` }).waitFor();
      await sitDown({});
      await chat.list.getByRole('link', { name: `Draw ${anonymous}` }).waitFor();
      await page.unroute('**/api/**');
      await page.reload();
      await chat.list.getByRole('link', { name: `Draw ${anonymous}` }).waitFor();
      await eventually(() => chat.list.getByRole('link').count()).toBe(1);
    },
  );
});
