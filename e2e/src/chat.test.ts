import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectSound, expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { JobPage } from './harness/job-page.ts';
import { postAsPage } from './harness/post-as-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({}, { capabilities: { imageToImage: true } });
});
afterAll(() => stage.close());

describe.concurrent('[C1] a conversation', () => {
  browserTest('[C1] a first message makes it, names it, and its picture comes to be in it', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await chat.draw();
    await chat.conversation();
    const run = await stage.backend.run(prompt);
    run.step(4);
    const picture = await chat.until(prompt, 'processing');
    const bar = picture.getByRole('progressbar');
    await eventually(() => bar.getAttribute('aria-valuenow')).toBe('20');
    await picture.getByRole('img', { name: `Preview of “${prompt}”` }).waitFor();
    await eventually(() => chat.page.title()).toBe(`Draw ${prompt} · Chat`);
    await chat.list.getByRole('link', { name: `Draw ${prompt}`, exact: true }).waitFor();
    await expectSound(chat.visit);
    run.step(16);
    run.finish();
    const done = await chat.until(prompt, 'complete');
    await done.getByRole('img', { name: `Generated image for “${prompt}”` }).waitFor();
    await chat.page.getByText(`The picture of “${prompt}” is ready.`).waitFor({ state: 'attached' });
    const download = done.getByRole('link', { name: 'Download' });
    await eventually(() => download.getAttribute('href')).toMatch(/\/api\/jobs\/[\w-]{22}\/images\/.*\?download/);
    expect(await chat.box.evaluate((element) => element === document.activeElement)).toBe(true);
    await expectSound(chat.visit);
  });

  browserTest('[C1] Turkish words ask for a picture, words that do not get a hint that can', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = newPrompt();
    await chat.say(`Resim çiz: ${prompt}`);
    const run = await stage.backend.run(prompt);
    run.finish();
    await chat.until(prompt, 'complete');
    const words = newPrompt();
    await chat.say(words);
    await chat.page.getByRole('article').getByText('I make pictures.').waitFor();
    await chat.page.getByRole('button', { name: 'Draw this' }).click();
    (await stage.backend.run(words)).finish();
    await chat.page.locator('[data-testid=picture][data-status=complete]').nth(1).waitFor();
  });

  browserTest('[C1] the picture button makes a picture of any words; Shift+Enter is a new line', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    await chat.page.getByRole('button', { name: 'Always make a picture' }).click();
    const prompt = newPrompt();
    await chat.box.fill(prompt);
    await chat.box.press('Shift+Enter');
    await chat.box.pressSequentially('in fog');
    await chat.box.press('Enter');
    const run = await stage.backend.run(`${prompt}\nin fog`);
    run.finish();
    await chat.until(prompt, 'complete');
  });

  browserTest('[C10] several at once: each card shows its own, one is cancelled', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const first = await chat.draw();
    await chat.conversation();
    const second = await chat.draw();
    const runs = [await stage.backend.run(first), await stage.backend.run(second)];
    runs[0]?.step(2);
    runs[1]?.step(10);
    await eventually(() => chat.picture(first).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('10');
    await eventually(() => chat.picture(second).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
    const active = chat.page.getByRole('region', { name: 'In the making' });
    await eventually(() => active.getByRole('link').count()).toBe(2);
    await chat.picture(first).getByRole('button', { name: 'Cancel' }).click();
    const cancelled = await chat.until(first, 'error');
    await cancelled.getByText('Cancelled.').waitFor();
    runs[1]?.step(10);
    runs[1]?.finish();
    await chat.until(second, 'complete');
    await eventually(() => active.count()).toBe(0);
  });

  browserTest(
    '[C9] a reload in mid-job shows the last state before the network answers, then goes on',
    async ({ prepare }) => {
      const chat = new ChatPage(await prepare());
      await chat.page.goto(`${stage.url}/chat`);
      const prompt = await chat.draw();
      await chat.conversation();
      const run = await stage.backend.run(prompt);
      run.step(10);
      await eventually(() => chat.picture(prompt).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
      let open = () => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      await chat.page.route(/\/api\/(?!jobs\/[\w-]+\/frames)/, async (route) => {
        await opened;
        await route.continue();
      });
      await chat.page.routeWebSocket(/\/ws$/, async (socket) => {
        await opened;
        socket.connectToServer();
      });
      await chat.page.reload();
      const again = await chat.until(prompt, 'processing');
      await eventually(() => again.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
      run.step(10);
      run.finish();
      open();
      await chat.until(prompt, 'complete');
    },
  );

  browserTest('[C9] a second tab shows the same, whichever of them acts', async ({ visit }) => {
    const first = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await first.draw();
    const address = await first.conversation();
    const run = await stage.backend.run(prompt);
    const second = new ChatPage(await first.visit.tab());
    await second.page.goto(address);
    run.step(6);
    await eventually(() => second.picture(prompt).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('30');
    const other = await second.draw();
    const otherRun = await stage.backend.run(other);
    await first.until(other, 'processing');
    otherRun.finish();
    await first.until(other, 'complete');
    await second.picture(prompt).getByRole('button', { name: 'Cancel' }).click();
    await first.until(prompt, 'error');
  });
});

describe.concurrent('[R9] a first visit', () => {
  browserTest('[R9] [M8] hears of its conversations on the socket that was there before them', async ({ prepare }) => {
    const { jobId, run } = await stage.begin();
    const visitor = await prepare();
    const heard: string[] = [];
    visitor.page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => heard.push(String(payload)));
    });
    await visitor.page.goto(`${stage.url}/jobs/${jobId}`);
    const job = new JobPage(visitor);
    await job.expectState('live');
    await job.expectMode('ws');
    const chat = new ChatPage(visitor);
    await chat.page.getByRole('link', { name: 'Chat' }).click();
    await chat.list.getByText('What you begin will be listed here.').waitFor();
    await postAsPage(chat.page, '/api/conversations', { title: 'Told by a program' });
    await chat.list.getByRole('link', { name: 'Told by a program' }).waitFor();
    await eventually(() => heard.filter((message) => message.includes('"type":"conversation"')).length).toBe(1);
    run.finish();
  });
});

describe.concurrent('[C1] what can be done in a conversation', () => {
  browserTest('[A5] a failure says why in its message, and is tried again there', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await chat.draw();
    (await stage.backend.run(prompt)).fail('PROVIDER_TIMEOUT');
    const failed = await chat.until(prompt, 'error');
    await failed.getByText('Generation is throttled or timed out. You can retry.').waitFor();
    await expectUsable(chat.visit);
    await failed.getByRole('button', { name: 'Try again' }).click();
    const run = await stage.backend.run(prompt);
    await chat.until(prompt, 'processing');
    run.finish();
    await chat.until(prompt, 'complete');
  });

  browserTest('[M7] other words make a version beside the first, and one turns between them', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await chat.draw();
    (await stage.backend.run(prompt)).finish();
    await chat.until(prompt, 'complete');
    const other = newPrompt();
    await chat.turn(prompt).hover();
    await chat.turn(prompt).getByRole('button', { name: 'Edit' }).click();
    await chat.page.getByRole('textbox', { name: 'Ask in other words' }).fill(`Draw ${other}`);
    await chat.page.keyboard.press('Enter');
    (await stage.backend.run(other)).finish();
    await chat.until(other, 'complete');
    await eventually(() => chat.page.getByRole('article').count()).toBe(1);
    await chat.page.getByText('2 / 2').waitFor();
    await chat.page.getByRole('button', { name: 'Previous version' }).click();
    await chat.until(prompt, 'complete');
    await expectUsable(chat.visit);
    await chat.page.reload();
    await chat.until(other, 'complete');
    await chat.page.getByText('2 / 2').waitFor();
    await chat.page.getByRole('button', { name: 'Make another picture of this' }).click();
    (await stage.backend.run(other)).finish();
    await chat.page.getByText('3 / 3').waitFor();
    await chat.until(other, 'complete');
  });

  browserTest('[C1] of long words the beginning is shown, and all of them when asked for', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`, 'phone'));
    const prompt = `${newPrompt()}, ${'with boats of every colour, '.repeat(60)}and gulls`;
    await chat.say(`Draw ${prompt}`);
    // What is said is shown at once, and again when the server has it.
    await chat.until(prompt, 'processing');
    const more = chat.page.getByRole('button', { name: 'Show all' });
    await more.waitFor();
    const words = chat.page.getByRole('article').getByText('and gulls');
    const height = async () => (await words.boundingBox())?.height ?? 0;
    const shown = await height();
    expect(shown).toBeLessThan(200);
    await expectUsable(chat.visit);
    await more.click();
    await eventually(height).toBeGreaterThan(2 * shown);
    await chat.page.getByRole('button', { name: 'Show less' }).click();
    await eventually(height).toBe(shown);
    (await stage.backend.run(prompt)).finish();
  });

  browserTest('[B13] a result is used as input for the next picture', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await chat.draw();
    (await stage.backend.run(prompt)).finish();
    const done = await chat.until(prompt, 'complete');
    await done.getByRole('button', { name: 'Use as input' }).click();
    await chat.page.getByRole('img', { name: 'The picture to begin with' }).waitFor();
    const next = newPrompt();
    await chat.say(next);
    const run = await stage.backend.run(next);
    expect(run.request.input).toBeDefined();
    expect(await chat.page.getByRole('img', { name: 'The picture to begin with' }).count()).toBe(0);
    run.finish();
    await chat.until(next, 'complete');
  });

  browserTest('[C1] the settings of Home hold for pictures here, too', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    await chat.page.getByRole('button', { name: 'Picture settings' }).click();
    await chat.page.getByLabel('Steps').fill('9');
    await chat.page.getByLabel('Size').selectOption('768');
    await chat.page.getByRole('textbox', { name: 'Seed' }).fill('77');
    await expectUsable(chat.visit);
    const prompt = newPrompt();
    await chat.say(prompt);
    const { request } = await stage.backend.run(prompt);
    expect(request).toMatchObject({ steps: 9, size: 768, seed: 77 });
  });

  browserTest('[C1] it is renamed in its place and deleted after asking', async ({ visit }) => {
    const chat = new ChatPage(await visit(`${stage.url}/chat`));
    const prompt = await chat.draw();
    await chat.conversation();
    const run = await stage.backend.run(prompt);
    await chat.list.getByRole('button', { name: `Rename “Draw ${prompt}”` }).click();
    await chat.page.getByRole('textbox', { name: 'Name of the conversation' }).fill('Harbours');
    await chat.page.keyboard.press('Enter');
    await chat.list.getByRole('link', { name: 'Harbours' }).waitFor();
    await chat.page.getByRole('heading', { name: 'Harbours', level: 1 }).waitFor();
    await chat.list.getByRole('button', { name: 'Delete “Harbours”' }).click();
    await expectUsable(chat.visit);
    await chat.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await chat.page.getByRole('heading', { name: 'What shall I draw?' }).waitFor();
    expect(new URL(chat.page.url()).pathname).toBe('/chat');
    await eventually(() => Promise.resolve(run.over)).toBe(true);
  });
});
