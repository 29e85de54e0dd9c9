import { ConversationListResponse, ConversationResponse } from '@darkroom/protocol';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { postAsPage } from './harness/post-as-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

/** Messages of a long conversation: two of each turn. */
const LONG = 200;
const RUNNING = 20;
/** Requests that are in flight at the same time. */
const BATCH = 10;

declare global {
  interface Window {
    /** Names of the turns that were rendered or changed since `recordTurns`, sorted. */
    changedTurns?: () => string[];
  }
}

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({}, { concurrency: 32 });
});
afterAll(() => stage.close());

/** Posts messages to a conversation of the page's visitor: only batches keep their order. */
async function post(page: Page, path: string, messages: readonly object[]): Promise<void> {
  for (let first = 0; first < messages.length; first += BATCH) {
    const batch = messages.slice(first, first + BATCH).map((data) => postAsPage(page, path, data));
    for (const response of await Promise.all(batch)) expect(response.status()).toBe(201);
  }
}

/** Fills a conversation of the page's visitor with words and hints. */
async function fill(page: Page, messages: number): Promise<string> {
  const made = await postAsPage(page, '/api/conversations', { title: 'A long one' });
  const { conversation } = ConversationResponse.parse(await made.json());
  const turns = Array.from({ length: messages / 2 }, (_, turn) => {
    return { content: `Words number ${turn + 1}.`, picture: false };
  });
  await post(page, `${stage.url}/api/conversations/${conversation.id}/messages`, turns);
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

/**
 * In the page: from now on records the turns in which the document changes, and those that React renders again. A render
 * that changes nothing is invisible in the document, but gives each of its elements new properties, which React keeps there.
 */
function recordTurns(region: Element): void {
  const propsOf = (element: Element): unknown =>
    Object.entries(element).find(([key]) => key.startsWith('__reactProps$'))?.[1];
  const before = new Map([...region.querySelectorAll('article, article *')].map((node) => [node, propsOf(node)]));
  const changed = new Set<Element>();
  const add = (node: Node) => {
    const turn = (node instanceof Element ? node : node.parentElement)?.closest('article');
    if (turn) changed.add(turn);
  };
  new MutationObserver((mutations) => {
    for (const { target, addedNodes } of mutations) for (const node of [target, ...addedNodes]) add(node);
  }).observe(region, { subtree: true, childList: true, attributes: true, characterData: true });
  window.changedTurns = () => {
    for (const [element, props] of before) if (propsOf(element) !== props) add(element);
    return [...changed]
      .map((turn) => /[A-Z][a-z]+ number \d+\./.exec(turn.textContent)?.[0] ?? turn.textContent)
      .sort();
  };
}

describe('[C1] a long conversation', () => {
  browserTest('[M6] older messages come on scrolling up, and what is read stays where it is', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page } = chat;
    const id = await fill(page, 160);
    await page.goto(`${stage.url}/chat/${id}`);
    await page.getByText('Words number 80.').waitFor();
    const log = page.getByRole('region', { name: 'Messages' });
    await eventually(() => log.evaluate((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 2)).toBe(true);
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
    `[C10] of ${LONG} messages, events render only the ${RUNNING} running cards and a new message only itself`,
    async ({ visit }) => {
      const chat = new ChatPage(await visit(`${stage.url}/chat`));
      const { page } = chat;
      const id = await fill(page, LONG - 2 * RUNNING);
      await page.goto(`${stage.url}/chat/${id}`);
      const prompts = Array.from({ length: RUNNING }, (_, index) => `Harbour number ${index + 1}.`);
      const url = `${stage.url}/api/conversations/${id}/messages`;
      await post(
        page,
        url,
        prompts.map((content) => ({ content, picture: true, options: { steps: 50 } })),
      );
      const runs = await Promise.all(prompts.map((prompt) => stage.backend.run(prompt)));
      await readAll(page, LONG / 2);
      await page.getByRole('button', { name: 'Jump to latest' }).click();
      await eventually(() => page.locator('[data-testid=picture][data-status=processing]').count()).toBe(RUNNING);
      await chat.visit.settled();
      await page.getByRole('region', { name: 'Messages' }).evaluate(recordTurns);
      for (const run of runs) run.step(10);
      // A card out of sight shows its events when it is scrolled to.
      for (const prompt of prompts.toReversed()) {
        const card = chat.picture(prompt);
        await card.scrollIntoViewIfNeeded();
        await eventually(() => card.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('20');
      }
      const changedTurns = () => page.evaluate(() => window.changedTurns?.());
      expect(await changedTurns()).toEqual(prompts.toSorted());
      const last = 'Last number 1.';
      await post(page, url, [{ content: last, picture: false }]);
      await page.getByRole('article').filter({ hasText: last }).waitFor({ state: 'attached' });
      expect(await changedTurns()).toEqual([...prompts, last].sort());
      for (const run of runs) run.finish();
    },
  );
});
