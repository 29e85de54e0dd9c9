import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

/** Asks for four pictures at once. */
async function drawFour(chat: ChatPage): Promise<string> {
  await chat.page.getByRole('button', { name: 'Picture settings' }).click();
  await chat.page.getByRole('radio', { name: '4' }).check({ force: true });
  const prompt = newPrompt();
  await chat.say(prompt);
  return prompt;
}

/** Lets the backend make the next `count` pictures of `prompt`. */
async function make(prompt: string, count: number): Promise<void> {
  for (let made = 0; made < count; made++) (await stage.backend.run(prompt)).finish();
}

describe.concurrent('[C10] four pictures of one request', () => {
  browserTest('[C10] each comes in its place, and can be had before the others are made', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await drawFour(chat);
    const first = await stage.backend.run(prompt);
    first.step(3);
    const card = await chat.until(prompt, 'processing');
    await card.getByRole('img', { name: `Preview of “${prompt}”` }).waitFor();
    await eventually(() => card.getByText('Waiting', { exact: true }).count()).toBe(3);
    first.finish();
    await card.getByRole('link', { name: 'Download, Picture 1 of 4' }).waitFor();
    await card.getByText(/^Picture 2 of 4/).waitFor();
    // The next begins with nothing, not with how the last one looked.
    expect(await card.getByRole('img', { name: `Preview of “${prompt}”` }).count()).toBe(0);
    await expectSound(chat.visit);
    await make(prompt, 1);
    await eventually(() => card.getByRole('link', { name: /^Download/ }).count()).toBe(2);
    await chat.page.reload();
    await eventually(() => card.getByRole('link', { name: /^Download/ }).count()).toBe(2);
    await make(prompt, 2);
    const done = await chat.until(prompt, 'complete');
    await eventually(() => done.getByRole('img', { name: `Generated image for “${prompt}”` }).count()).toBe(4);
    await expectSound(chat.visit);
  });

  browserTest('[A5] what was made before a failure stays, and trying again goes on from there', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`, 'phone'));
    const prompt = await drawFour(chat);
    await make(prompt, 2);
    (await stage.backend.run(prompt)).fail('PROVIDER_TIMEOUT');
    const failed = await chat.until(prompt, 'error');
    await failed.getByText('2 pictures were made before that. Trying again goes on from there.').waitFor();
    await eventually(() => failed.getByRole('link', { name: /^Download/ }).count()).toBe(2);
    await expectUsable(chat.visit);
    await chat.page.reload();
    await eventually(() => failed.getByRole('link', { name: /^Download/ }).count()).toBe(2);
    const details = failed.getByRole('link', { name: 'Details' });
    await eventually(() => details.getAttribute('href')).toMatch(/^\/jobs\/[\w-]{22}$/);
    await failed.getByRole('button', { name: 'Try again' }).click();
    await make(prompt, 2);
    const done = await chat.until(prompt, 'complete');
    await eventually(() => done.getByRole('link', { name: /^Download/ }).count()).toBe(4);
  });

  browserTest('[C5] what was made before it was cancelled stays', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await drawFour(chat);
    await make(prompt, 1);
    const card = await chat.until(prompt, 'processing');
    await card.getByRole('link', { name: 'Download, Picture 1 of 4' }).waitFor();
    await card.getByRole('button', { name: 'Cancel' }).click();
    const cancelled = await chat.until(prompt, 'error');
    await cancelled.getByText('One picture was made before that.', { exact: true }).waitFor();
    await cancelled.getByRole('link', { name: 'Download' }).waitFor();
    await expectUsable(chat.visit);
  });
});
