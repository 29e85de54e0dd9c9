import { LIMITS } from '@darkroom/protocol';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';
import type { Visit } from './harness/visit.ts';

const FIVE_MINUTES_MS = 300_000;
/** Longer than the page waits before it looks who is silent, and than an error stays. */
const A_WHILE_MS = 20_000;

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ RETRY_DELAYS: '9m' });
});
afterAll(() => stage.close());

const noticeIn = (page: Page, text: string | RegExp) =>
  page.getByRole('region', { name: 'Notifications' }).getByRole('listitem').filter({ hasText: text });

/** A page whose clock is the test's, with a picture on it that has made two steps. */
async function begin(visitor: Visit) {
  await visitor.page.clock.install();
  await visitor.page.goto(`${stage.url}/chat`);
  const chat = new ChatPage(visitor);
  const prompt = await chat.draw();
  const run = await stage.backend.run(prompt);
  run.step(2);
  return { chat, prompt, run };
}

describe.concurrent('[C10] what a card tells of its backend', () => {
  browserTest('[C10] that it waits there, and where; that it is tried again, counted down', async ({ prepare }) => {
    const visitor = await prepare();
    const { clock } = visitor.page;
    // To this page the retry is a minute away; the server does not come to it in a test's time.
    await clock.install({ time: Date.now() + 480_000 });
    await visitor.page.goto(`${stage.url}/chat`);
    const chat = new ChatPage(visitor);
    const prompt = await chat.draw();
    const run = await stage.backend.run(prompt);
    const card = await chat.until(prompt, 'processing');
    run.wait(2);
    await card.getByText('Waiting at scripted, place 2').waitFor();
    run.step(2);
    await card.getByText(/^10%/).waitFor();
    run.fail('PROVIDER_TIMEOUT');
    const retry = card.getByText(/^scripted had a problem; trying again in \d+ sec \(1 of 1\)$/);
    await retry.waitFor();
    const seconds = async () => Number(/in (\d+) sec/.exec((await retry.textContent()) ?? '')?.[1]);
    await visitor.pauseClock();
    const first = await seconds();
    await clock.runFor(2_000);
    await eventually(seconds).toBe(first - 2);
    await clock.resume();
    await expectUsable(chat.visit);
  });

  browserTest('[C10] that another one takes over, until that one goes on', async ({ visit }) => {
    const two = await startStage({}, { name: 'forge' }, { name: 'comfyui' });
    try {
      const chat = new ChatPage(await visit(`${two.url}/chat`));
      const prompt = await chat.draw();
      (await two.named('forge').run(prompt)).fail('NETWORK_DISCONNECTED', 'forge cannot be reached.');
      const card = await chat.until(prompt, 'processing');
      await card.getByText('forge failed, another backend takes over').waitFor();
      const run = await two.named('comfyui').run(prompt);
      run.step(4);
      await card.getByText(/^20%/).waitFor();
      run.finish();
      await chat.until(prompt, 'complete');
    } finally {
      await two.close();
    }
  });

  browserTest('[C10] what is usual there, where a backend does not tell how far it is', async ({ visit }) => {
    const blind = await startStage({}, { capabilities: { previews: false, progress: false } });
    try {
      const chat = new ChatPage(await visit(`${blind.url}/chat`));
      const first = await chat.draw();
      (await blind.backend.run(first)).finish();
      await chat.until(first, 'complete');
      await chat.page.reload();
      const next = await chat.draw();
      const card = await chat.until(next, 'processing');
      await card.getByText(/^Drawing · usually about \d+ sec · \d+ sec so far$/).waitFor();
      expect(await card.getByRole('progressbar').getAttribute('aria-valuenow')).toBeNull();
    } finally {
      await blind.close();
    }
  });

  browserTest('[C10] that the connection is lost, until it is back', async ({ prepare }) => {
    const { chat, prompt, run } = await begin(await prepare('phone'));
    const card = await chat.until(prompt, 'processing');
    await card.getByText(/^10%/).waitFor();
    await chat.visit.context.setOffline(true);
    // A socket that says nothing is given up after a few missed heartbeats only.
    const lost = card.getByText('Connection lost, reconnecting');
    await eventually(async () => {
      await chat.page.clock.runFor(LIMITS.heartbeatMs);
      return lost.count();
    }).toBe(1);
    await expectUsable(chat.visit);
    await chat.visit.context.setOffline(false);
    await card.getByText(/^10%/).waitFor();
    run.finish();
    await chat.until(prompt, 'complete');
  });

  browserTest('[C1] a picture that came while the page slept for hours is there when it wakes', async ({ prepare }) => {
    const visitor = await prepare();
    const { chat, prompt, run } = await begin(visitor);
    await (await chat.until(prompt, 'processing')).getByText(/^10%/).waitFor();
    await visitor.context.setOffline(true);
    run.step(2);
    run.finish();
    await eventually(() => run.over).toBe(true);
    await chat.page.clock.fastForward('05:00:00');
    await visitor.context.setOffline(false);
    const done = await chat.until(prompt, 'complete');
    await done.getByRole('img', { name: `Generated image for “${prompt}”` }).waitFor();
  });

  browserTest('[C9] after five minutes without news it says so, and goes on with the next', async ({ prepare }) => {
    const { chat, prompt, run } = await begin(await prepare());
    const card = await chat.until(prompt, 'processing');
    await card.getByText(/^10%/).waitFor();
    const asked = chat.page.waitForRequest(/\/api\/jobs\/[\w-]{22}$/);
    await chat.page.clock.fastForward(FIVE_MINUTES_MS + A_WHILE_MS);
    await card.getByText('No news for 5 minutes. The server was asked.').waitFor();
    await asked;
    run.step(2);
    await card.getByText(/^20%/).waitFor();
    run.finish();
    await chat.until(prompt, 'complete');
  });
});

describe.concurrent('notices', () => {
  browserTest(
    'what does not work is told with its reason, until it is closed or has been read',
    async ({ prepare }) => {
      const visitor = await prepare();
      await visitor.page.clock.install();
      await visitor.page.goto(`${stage.url}/chat`);
      const chat = new ChatPage(visitor);
      const prompt = await chat.draw();
      (await stage.backend.run(prompt)).step(2);
      const card = await chat.until(prompt, 'processing');
      await chat.page.route('**/cancel', (route) => route.abort());
      const notice = noticeIn(chat.page, 'The picture could not be cancelled.');
      await card.getByRole('button', { name: 'Cancel' }).click();
      // Under the pointer it stays.
      await notice.hover();
      await notice.getByText('The server is not available.').waitFor();
      await eventually(() => notice.locator('xpath=ancestor::section').getAttribute('aria-live')).toBe('polite');
      await expectUsable(visitor);
      await notice.getByRole('button', { name: 'Dismiss' }).click();
      await notice.waitFor({ state: 'detached' });
      await card.getByRole('button', { name: 'Cancel' }).click();
      await notice.waitFor();
      await chat.page.clock.fastForward(A_WHILE_MS);
      await notice.waitFor({ state: 'detached' });
      await chat.page.unroute('**/cancel');
      await card.getByRole('button', { name: 'Cancel' }).click();
      await chat.until(prompt, 'error');
      expect(await notice.count()).toBe(0);
    },
  );

  browserTest('what was copied is said, and is on the clipboard', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`, 'phone'));
    const prompt = await chat.draw();
    await chat.until(prompt, 'processing');
    await chat.turn(prompt).getByRole('button', { name: 'Copy' }).click();
    await chat.visit.expectNotice('Copied');
    expect(await chat.visit.clipboard()).toBe(`Draw ${prompt}`);
    await expectUsable(chat.visit);
  });
});
