import { afterAll, beforeAll, describe, expect } from 'vitest';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { postAsPage } from './harness/post-as-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

/** The name of what has the focus. */
const focused = (chat: ChatPage) => () =>
  chat.page.evaluate(() => {
    const at = document.activeElement;
    return at?.getAttribute('aria-label') ?? (at?.matches('button, a') === true ? at.textContent : at?.tagName);
  });

describe.concurrent('[A11] with the keyboard alone', () => {
  browserTest('[A11] what is pressed and disappears leaves the focus where it stood', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page } = chat;
    const at = focused(chat);
    const prompt = await chat.draw();
    const run = await stage.backend.run(prompt);
    run.step(2);
    await (await chat.until(prompt, 'processing')).getByRole('button', { name: 'Cancel' }).press('Enter');
    await chat.until(prompt, 'error');
    await eventually(at).toBe('ARTICLE');
    await chat.turn(prompt).getByRole('button', { name: 'Try again' }).press('Enter');
    await page.getByText('2 / 2').waitFor();
    await eventually(at).toBe('ARTICLE');
    (await stage.backend.run(prompt)).finish();
    await chat.until(prompt, 'complete');
    await chat.turn(prompt).getByRole('button', { name: 'Edit' }).press('Enter');
    await eventually(at).toBe('Ask in other words');
    await page.keyboard.press('Escape');
    await eventually(at).toBe('ARTICLE');
    await page.keyboard.press('Tab');
    expect(await at()).toBe('Copy');
  });

  browserTest('[A11] whoever has sent with the mouse writes on', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    await chat.say('Good morning');
    await chat.page.getByRole('article').getByText('I make pictures.').waitFor();
    await chat.box.fill('Good evening');
    await chat.page.getByRole('button', { name: 'Send' }).click();
    await eventually(() => chat.box.inputValue()).toBe('');
    await eventually(focused(chat)).toBe('Message');
    await chat.page.keyboard.type('Good night');
    await eventually(() => chat.box.inputValue()).toBe('Good night');
  });

  browserTest('[A11] what is discarded leads back to where words are written', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    await chat.draw();
    await chat.conversation();
    await chat.say('Draw a boat\u0007');
    await chat.page.getByRole('button', { name: 'Discard' }).press('Enter');
    await eventually(focused(chat)).toBe('Message');
    expect(await chat.page.getByText('Not sent.').count()).toBe(0);
  });

  browserTest('[A11] a conversation is renamed, kept and deleted without losing one’s place', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page, list } = chat;
    const at = focused(chat);
    for (const title of ['Harbours', 'Boats']) {
      await postAsPage(page, '/api/conversations', { title });
    }
    for (const title of ['Harbours', 'Boats']) await list.getByRole('link', { name: title }).waitFor();
    await list.getByRole('button', { name: 'Rename “Boats”' }).press('Enter');
    await page.getByRole('textbox', { name: 'Name of the conversation' }).fill('Ships');
    await page.keyboard.press('Enter');
    await eventually(at).toBe('Rename “Ships”');
    await page.keyboard.press('Enter');
    await eventually(at).toBe('Name of the conversation');
    await page.keyboard.press('Escape');
    await eventually(at).toBe('Rename “Ships”');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await eventually(at).toBe('Keep it');
    await page.keyboard.press('Enter');
    await eventually(at).toBe('Delete “Ships”');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
    await list.getByRole('link', { name: 'Ships' }).waitFor({ state: 'detached' });
    await eventually(at).toBe('Conversations');
    await page.keyboard.press('Tab');
    expect(await at()).toBe('Harbours');
  });

  browserTest('[A11] the list that was laid over a narrow page gives the focus back', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`, 'phone'));
    const at = focused(chat);
    await chat.page.getByRole('button', { name: 'Show conversations' }).press('Enter');
    await chat.page.getByRole('button', { name: 'Hide conversations' }).press('Enter');
    await eventually(at).toBe('Show conversations');
  });
});

describe.concurrent('[A11] what a screen reader is told', () => {
  browserTest('[A11] an answer in words, and the same end again', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const { page } = chat;
    const told = (text: string) => page.getByRole('status').filter({ hasText: text });
    await chat.say('Good morning');
    await told('Darkroom answered: I make pictures.').waitFor({ state: 'attached' });
    const prompt = await chat.draw();
    (await stage.backend.run(prompt)).finish();
    const ready = told(`The picture of “${prompt}” is ready.`);
    await ready.waitFor({ state: 'attached' });
    const first = await ready.textContent();
    await chat.turn(prompt).getByRole('button', { name: 'Make another picture of this' }).click();
    (await stage.backend.run(prompt)).finish();
    await page.getByText('2 / 2').waitFor();
    await chat.until(prompt, 'complete');
    await eventually(async () => (await ready.textContent()) === first).toBe(false);
  });
});
