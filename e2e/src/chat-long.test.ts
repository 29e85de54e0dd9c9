import { ConversationListResponse, ConversationResponse } from '@darkroom/protocol';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { watchMainThread } from './harness/main-thread.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

/** Messages of a long conversation: two of each turn. */
const LONG = 500;
const RUNNING = 20;
const EVENTS_PER_SECOND = 10;
const WATCHED_MS = 5_000;
/** Part of a core that the page's main thread may be busy. */
const MOST_BUSY = 0.4;
/** A task that takes longer costs frames that a reader notices. */
const LONG_TASK_MS = 50;

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({}, { concurrency: 32 });
});
afterAll(() => stage.close());

/** Fills a conversation of the page's visitor with words and hints. */
async function fill(page: Page, messages: number): Promise<string> {
  const made = await page.request.post(`${stage.url}/api/conversations`, { data: { title: 'A long one' } });
  const { conversation } = ConversationResponse.parse(await made.json());
  const url = `${stage.url}/api/conversations/${conversation.id}/messages`;
  for (let turn = 1; turn <= messages / 2; turn++) {
    await page.request.post(url, { data: { content: `Words number ${turn}.`, picture: false } });
  }
  return conversation.id;
}

/** Scrolls up until all messages are in the page. */
async function readAll(page: Page, turns: number): Promise<void> {
  const log = page.getByRole('region', { name: 'Messages' });
  await eventually(async () => {
    await log.evaluate((element) => element.scrollTo({ top: 0 }));
    return page.getByRole('article').count();
  }).toBe(turns);
}

/** The frames that the page draws in `ms`. */
function countFrames(page: Page, ms: number): Promise<number> {
  return page.evaluate(
    (duration) =>
      new Promise<number>((resolve) => {
        const end = performance.now() + duration;
        let count = 0;
        const next = () => {
          count++;
          if (performance.now() < end) requestAnimationFrame(next);
          else resolve(count);
        };
        requestAnimationFrame(next);
      }),
    ms,
  );
}

describe('[C1] a long conversation', () => {
  browserTest('[M6] older messages come on scrolling up, and what is read stays where it is', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page } = chat;
    const id = await fill(page, 160);
    await page.goto(`${stage.url}/chat/${id}`);
    await page.getByText('Words number 80.').waitFor();
    const log = page.getByRole('region', { name: 'Messages' });
    expect(await log.evaluate((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 2)).toBe(true);
    const words = /Words number \d+\./.exec((await page.getByRole('article').first().textContent()) ?? '')?.[0] ?? '';
    const { promise: measured, resolve: letThrough } = Promise.withResolvers<void>();
    let isAsked = false;
    await page.route(/messages\?.*before=/, async (route) => {
      isAsked = true;
      await measured;
      await route.continue();
    });
    // Turns that are laid out for the first time may still take a reader at the end along.
    await eventually(async () => {
      await log.evaluate((box) => box.scrollTo({ top: 300 }));
      return isAsked;
    }).toBe(true);
    const read = page.getByRole('article').filter({ hasText: words });
    const before = await read.boundingBox();
    letThrough();
    await eventually(() => page.getByRole('article').count()).toBeGreaterThan(30);
    const after = await read.boundingBox();
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(3);
    await page.unroute(/messages\?.*before=/);
    await readAll(page, 80);
    await page.getByText('The conversation begins here.').waitFor();
    await page.getByRole('button', { name: 'Jump to latest' }).click();
    await expectSound(chat.visit);
  });

  browserTest('[C1] whoever speaks sees it, wherever they were reading', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page } = chat;
    const id = await fill(page, 80);
    await page.goto(`${stage.url}/chat/${id}`);
    await page.getByText('Words number 40.').waitFor();
    const log = page.getByRole('region', { name: 'Messages' });
    const latest = page.getByRole('button', { name: 'Jump to latest' });
    await eventually(async () => {
      await log.evaluate((box) => box.scrollTo({ top: 900 }));
      return latest.count();
    }).toBe(1);
    const prompt = await chat.draw();
    await eventually(() => latest.count()).toBe(0);
    await chat.until(prompt, 'processing');
    await eventually(() => log.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop < 3)).toBe(true);
    (await stage.backend.run(prompt)).finish();
  });

  browserTest('[A12] everything is at hand at 360 px', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`, 'phone'));
    await chat.page.getByRole('heading', { name: 'What shall I draw?' }).waitFor();
    await expectUsable(chat.visit);
    const prompt = await chat.draw();
    await chat.conversation();
    const run = await stage.backend.run(prompt);
    run.step(3);
    await chat.until(prompt, 'processing');
    await expectUsable(chat.visit);
    run.finish();
    await chat.until(prompt, 'complete');
    await chat.page.getByRole('button', { name: 'Picture settings' }).click();
    await chat.page.getByLabel('Steps').waitFor();
    await expectUsable(chat.visit);
    await chat.page.getByRole('button', { name: 'Done' }).click();
    await chat.page.getByRole('button', { name: 'Show conversations' }).click();
    await chat.page.getByRole('dialog').getByRole('link', { name: 'New chat' }).waitFor();
    await expectUsable(chat.visit);
    await chat.page.getByRole('dialog').getByRole('link', { name: 'New chat' }).click();
    await chat.page.getByRole('heading', { name: 'What shall I draw?' }).waitFor();
    await expectSound(chat.visit);
  });

  browserTest('[M1] somebody else’s conversation is not found, and says so', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat/${'A'.repeat(22)}`));
    await chat.page.getByRole('heading', { name: 'Conversation not found' }).waitFor();
    await expectUsable(chat.visit);
    const list = await chat.page.request.get(`${stage.url}/api/conversations`);
    expect(ConversationListResponse.parse(await list.json()).conversations).toEqual([]);
  });

  browserTest(
    `[C10] ${LONG} messages and ${RUNNING} cards of ${EVENTS_PER_SECOND} events a second stay smooth`,
    async ({ visit }) => {
      const chat = new ChatPage(await visit(`${stage.url}/chat`));
      const { page } = chat;
      const id = await fill(page, LONG - 2 * RUNNING);
      await page.goto(`${stage.url}/chat/${id}`);
      const prompts = Array.from({ length: RUNNING }, newPrompt);
      const url = `${stage.url}/api/conversations/${id}/messages`;
      for (const prompt of prompts) {
        await page.request.post(url, { data: { content: prompt, picture: true, options: { steps: 50 } } });
      }
      const runs = await Promise.all(prompts.map((prompt) => stage.backend.run(prompt)));
      await readAll(page, LONG / 2);
      await page.getByRole('button', { name: 'Jump to latest' }).click();
      const stopWatching = await watchMainThread(page);
      const counted = countFrames(page, WATCHED_MS);
      const beats = (WATCHED_MS / 1000) * EVENTS_PER_SECOND;
      for (let beat = 0; beat < beats; beat++) {
        for (const run of runs) run.step();
        await new Promise((resolve) => setTimeout(resolve, 1000 / EVENTS_PER_SECOND));
      }
      const frames = await counted;
      const { share, tasks } = await stopWatching();
      const longest = tasks.slice(0, 5).map((ms) => ms.toFixed(1));
      console.info(
        `main thread: ${Math.round(100 * share)} % of a core, longest tasks ${longest.join(', ')} ms, ${frames} frames in ${WATCHED_MS} ms`,
      );
      // Frames depend on who else wants the machine, and so does what a task takes by the clock; what it takes of a core does not.
      expect(tasks[0]).toBeLessThan(LONG_TASK_MS);
      expect(share).toBeLessThan(MOST_BUSY);
      expect(frames).toBeGreaterThan(0);
      for (const run of runs) run.finish();
    },
  );
});
