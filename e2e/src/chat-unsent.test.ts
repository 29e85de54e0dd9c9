import { startFakeForge } from '@darkroom/fake-backends';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { ServerProcess } from './harness/server-process.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

/** A conversation with one picture in it. */
async function begin(chat: ChatPage): Promise<void> {
  const prompt = await chat.draw();
  await chat.conversation();
  (await stage.backend.run(prompt)).finish();
  await chat.until(prompt, 'complete');
}

describe.concurrent('[C8] what has not arrived', () => {
  browserTest(
    '[C8] without a network it waits and says so, and goes out by itself, once, in order',
    async ({ visit }) => {
      const chat = new ChatPage(await visit(`${stage.url}/chat`));
      await begin(chat);
      await chat.visit.context.setOffline(true);
      const prompts = [await chat.draw(), await chat.draw()];
      const waiting = chat.page.getByText('Not sent yet. The server is not available.');
      await eventually(() => waiting.count()).toBe(2);
      await expectUsable(chat.visit);
      await chat.visit.context.setOffline(false);
      for (const prompt of prompts) {
        (await stage.backend.run(prompt)).finish();
        await chat.until(prompt, 'complete');
        await eventually(() => chat.turn(prompt).count()).toBe(1);
      }
      const said = await chat.page.getByRole('article').allTextContents();
      expect(said.map((text) => prompts.findIndex((prompt) => text.includes(prompt)))).toEqual([-1, 0, 1]);
    },
  );

  browserTest(
    '[C8] a server that is killed and starts again gets it; both begin one conversation',
    async ({ visit }) => {
      const forge = await startFakeForge({ edge: 64 });
      const server = await ServerProcess.start(`forge+${forge.url}`);
      try {
        const chat = new ChatPage(await visit(`${server.url}/chat`));
        await chat.page.getByRole('heading', { name: 'What shall I draw?' }).waitFor();
        await server.kill();
        const prompts = [await chat.draw(), await chat.draw()];
        await eventually(() => chat.page.getByText('Not sent yet.').count()).toBe(2);
        await server.start();
        for (const prompt of prompts) await chat.until(prompt, 'complete');
        await chat.conversation();
        await eventually(() => chat.list.getByRole('link').count()).toBe(1);
      } finally {
        await server.close();
        await forge.close();
      }
    },
  );

  browserTest('[C4] a full queue keeps it back, over a reload too, until there is room', async ({ visit }) => {
    const narrow = await startStage({ MAX_QUEUED: '1' }, { concurrency: 1 });
    try {
      const chat = new ChatPage(await visit(`${narrow.url}/chat`, 'phone'));
      const running = await chat.draw();
      await chat.until(running, 'processing');
      const queued = await chat.draw();
      await chat.until(queued, 'queued');
      const prompt = await chat.draw();
      await chat.turn(prompt).getByText('Not sent yet. The queue is full.').waitFor();
      await expectUsable(chat.visit);
      await chat.page.reload();
      await chat.turn(prompt).getByText('Not sent yet. The queue is full.').waitFor();
      (await narrow.backend.run(running)).finish();
      (await narrow.backend.run(queued)).finish();
      (await narrow.backend.run(prompt)).finish();
      await chat.until(prompt, 'complete');
      await eventually(() => chat.turn(prompt).count()).toBe(1);
    } finally {
      await narrow.close();
    }
  });

  browserTest('[C8] what was on its way when the page was closed is there once, and drawn once', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    await begin(chat);
    // The server hears it, but its answer is never read.
    await chat.page.route('**/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch();
    });
    const prompt = await chat.draw();
    const run = await stage.backend.run(prompt);
    await chat.page.unroute('**/messages');
    await chat.page.reload();
    run.finish();
    await chat.until(prompt, 'complete');
    await eventually(() => chat.turn(prompt).count()).toBe(1);
    expect(await chat.page.getByText('Not sent').count()).toBe(0);
  });

  browserTest('[C1] a refusal says why in the reader’s language; other words take its place', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    await begin(chat);
    const prompt = newPrompt();
    await chat.say(`Draw ${prompt}\u0007`);
    await chat.page.getByText('Not sent. The request is not valid.').waitFor();
    await chat.page.getByText('must not contain control characters').waitFor();
    await expectUsable(chat.visit);
    await chat.page.reload();
    await chat.page.getByLabel('Language', { exact: true }).selectOption('tr');
    await chat.page.getByText('Gönderilemedi. İstek geçerli değil.').waitFor();
    await chat.turn(prompt).getByRole('button', { name: 'Düzenle' }).click();
    await chat.page.keyboard.press('Backspace');
    await chat.page.keyboard.press('Enter');
    (await stage.backend.run(prompt)).finish();
    await chat.until(prompt, 'complete');
    await eventually(() => chat.turn(prompt).count()).toBe(1);
  });

  browserTest(
    '[C9] words that are being written stay with their conversation, over a reload too',
    async ({ visit }) => {
      const chat = new ChatPage(await visit(`${stage.url}/chat`));
      await begin(chat);
      await chat.box.fill('Draw what I have not');
      await chat.page.getByRole('link', { name: 'New chat' }).click();
      await chat.page.getByRole('heading', { name: 'What shall I draw?' }).waitFor();
      await eventually(() => chat.box.inputValue()).toBe('');
      await chat.box.fill('Paint a wall');
      await chat.page.reload();
      await eventually(() => chat.box.inputValue()).toBe('Paint a wall');
      await chat.list.getByRole('link').first().click();
      await eventually(() => chat.box.inputValue()).toBe('Draw what I have not');
    },
  );

  browserTest('[M7] other words that were written without a network keep their settings', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page } = chat;
    await page.getByRole('button', { name: 'Picture settings' }).click();
    await page.getByLabel('Steps').fill('9');
    const prompt = newPrompt();
    await chat.say(prompt);
    (await stage.backend.run(prompt)).finish();
    await chat.until(prompt, 'complete');
    // What has long been done is not kept for the next visit.
    await eventually(() => page.getByRole('region', { name: 'In the making' }).count()).toBe(0);
    await page.reload();
    await chat.until(prompt, 'complete');
    await chat.visit.context.setOffline(true);
    const other = newPrompt();
    await chat.turn(prompt).hover();
    await chat.turn(prompt).getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Ask in other words' }).fill(other);
    await page.keyboard.press('Enter');
    await chat.turn(other).getByText('Not sent yet. The server is not available.').waitFor();
    await page.getByText('2 / 2').waitFor();
    await expectUsable(chat.visit);
    await chat.visit.context.setOffline(false);
    const run = await stage.backend.run(other);
    expect(run.request.steps).toBe(9);
    run.finish();
    await chat.until(other, 'complete');
    await eventually(() => page.getByRole('article').count()).toBe(1);
  });
});
