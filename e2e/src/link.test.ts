import { LIMITS } from '@darkroom/protocol';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectSound } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { ChatPage } from './harness/chat-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';
import type { Visit } from './harness/visit.ts';

/** An address that other devices would reach. */
const PUBLIC_URL = 'http://darkroom.home:8787';

let stage: Stage;
let published: Stage;

beforeAll(async () => {
  [stage, published] = [await startStage(), await startStage({ PUBLIC_URL })];
});
afterAll(async () => {
  await Promise.all([stage.close(), published.close()]);
});

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Continue on another device' });
const linkButton = (page: Page) => page.getByRole('button', { name: 'Continue on another device' });

/** The link that the page's dialog shows; the dialog stays open. */
async function makeLink({ page }: Visit): Promise<string> {
  await linkButton(page).last().click();
  return dialogOf(page).getByRole('textbox', { name: 'Link' }).inputValue();
}

/** Opens a link and waits until the page asks. */
async function openLink({ page }: Visit, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: 'Continue on this device?' }).waitFor();
}

const confirm = (page: Page) => page.getByRole('button', { name: 'Continue here' }).click();
const headed = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

describe.concurrent('[C8] [R12] another device', () => {
  browserTest(
    '[C8] [R12] a phone goes on with the desktop’s conversation: its picture comes live, and each hears the other',
    async ({ visit }) => {
      const desktop = new ChatPage(await visit(`${stage.url}/chat`));
      const prompt = await desktop.draw();
      const address = await desktop.conversation();
      const run = await stage.backend.run(prompt);
      run.step(4);
      const link = await makeLink(desktop.visit);
      expect(link).toMatch(new RegExp(`^${stage.url}/link#[\\w.-]+$`));
      await expectSound(desktop.visit);
      await dialogOf(desktop.page).getByRole('button', { name: 'Close' }).click();

      const visitor = await visit(`${stage.url}/`, 'phone');
      const asked: string[] = [];
      visitor.page.on('request', (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`));
      await openLink(visitor, link);
      expect(visitor.page.url()).toBe(`${stage.url}/link`);
      await expectSound(visitor);
      await visitor.settled();
      expect(await visitor.page.getByText('on this device already').count()).toBe(0);
      // No request carries the token, as its address, as where it comes from, or otherwise.
      expect(asked.filter((request) => request.includes(link.split('#')[1] ?? link))).toEqual([]);

      await confirm(visitor.page);
      await visitor.page.waitForURL(address);
      const phone = new ChatPage(visitor);
      const bar = (await phone.until(prompt, 'processing')).getByRole('progressbar');
      await eventually(() => bar.getAttribute('aria-valuenow')).toBe('20');
      run.step(5);
      await eventually(() => bar.getAttribute('aria-valuenow')).toBe('45');
      await phone
        .picture(prompt)
        .getByRole('img', { name: `Preview of “${prompt}”` })
        .waitFor();
      run.finish();
      for (const chat of [desktop, phone]) await chat.until(prompt, 'complete');
      const words = newPrompt();
      await phone.say(words);
      await desktop.turn(words).first().waitFor();
      await expectSound(visitor);
    },
  );

  browserTest(
    '[C8] [R12] what a device has of its own is told of before; its other tabs and what it kept follow',
    async ({ visit }) => {
      const desktop = new ChatPage(await visit(`${stage.url}/chat`));
      const words = newPrompt();
      await desktop.say(words);
      await desktop.conversation();
      const link = await makeLink(desktop.visit);

      const other = new ChatPage(await visit(`${stage.url}/chat`));
      const own = newPrompt();
      await other.say(own);
      await other.conversation();
      await other.list.getByRole('link', { name: own, exact: true }).waitFor();
      const tab = await other.visit.tab();
      await openLink(tab, link);
      await tab.page.getByText('There are conversations or jobs on this device already').waitFor();
      await expectSound(tab);
      await confirm(tab.page);
      await tab.page.waitForURL(/\/chat\/[\w-]{22}$/);
      for (const chat of [new ChatPage(tab), other]) {
        await chat.list.getByRole('link', { name: words, exact: true }).waitFor();
        expect(await chat.page.getByText(own).count()).toBe(0);
      }
      // The tab that was open in its own conversation was loaded anew, and does not find it.
      await other.page.getByRole('heading', { name: 'Conversation not found' }).waitFor();
      await tab.page.reload();
      await new ChatPage(tab).list.getByRole('link', { name: words, exact: true }).waitFor();
      expect(await tab.page.getByText(own).count()).toBe(0);
    },
  );

  browserTest('[R12] a link that cannot be used says why, and what to do', async ({ visit }) => {
    const desktop = await visit(`${stage.url}/`);
    const link = await makeLink(desktop);
    const own = await desktop.tab();
    await openLink(own, link);
    await confirm(own.page);
    await headed(own.page, 'This device already shows them');
    const phone = await visit(`${stage.url}/history`, 'phone');
    await openLink(phone, link);
    await confirm(phone.page);
    await phone.page.waitForURL(`${stage.url}/chat`);

    const late = await visit(`${stage.url}/link`, 'phone');
    await headed(late.page, 'There is no link here');
    // Opened in a page that is there already, which only its fragment changes.
    await openLink(late, link);
    await confirm(late.page);
    await headed(late.page, 'This link has been used already.');
    await late.page.getByText('Make a new one on the other device.').first().waitFor();
    expect(late.errors).toEqual([expect.stringContaining('410')]);
    await openLink(late, `${link}x`);
    await late.page.context().setOffline(true);
    await confirm(late.page);
    await late.page.getByRole('alert').filter({ hasText: 'The server is not available.' }).waitFor();
    await late.page.context().setOffline(false);
    await confirm(late.page);
    await headed(late.page, 'This link is not one of this server, or a part of it is missing.');
  });
});

describe.concurrent('[R12] the dialog', () => {
  for (const device of ['desktop', 'phone'] as const) {
    browserTest(
      `[R12] [A11] [A12] by keyboard, ${device}: a code, a link to copy, how long it holds, and another`,
      async ({ prepare }) => {
        const visitor = await prepare(device, { reducedMotion: 'reduce' });
        const { page } = visitor;
        await page.clock.install();
        await page.goto(published.url);
        await linkButton(page).focus();
        await page.keyboard.press('Enter');
        const dialog = dialogOf(page);
        await dialog.getByRole('img', { name: 'QR code of the link' }).waitFor();
        await dialog.getByText('Good for another 10 min').waitFor();
        await expectSound(visitor);
        const address = dialog.getByRole('textbox', { name: 'Link' });
        const first = await address.inputValue();
        expect(first.startsWith(`${PUBLIC_URL}/link#`)).toBe(true);
        await address.focus();
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await dialog.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' });
        expect(await visitor.clipboard()).toBe(first);

        await page.clock.fastForward(LIMITS.linkTtlMs);
        await dialog.getByRole('alert').filter({ hasText: 'This link has expired.' }).waitFor();
        await dialog.getByRole('button', { name: 'Make a new one' }).click();
        await eventually(() => address.inputValue()).toMatch(/#/);
        expect(await address.inputValue()).not.toBe(first);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
        await eventually(() => linkButton(page).evaluate((element) => element === document.activeElement)).toBe(true);
      },
    );
  }

  browserTest('[R12] says so where the address leads no other device here, and shows no code', async ({ visit }) => {
    const visitor = await visit(stage.url, 'phone');
    await makeLink(visitor);
    const { host } = new URL(stage.url);
    await dialogOf(visitor.page).getByText(`Other devices cannot reach ${host}.`).waitFor();
    expect(await dialogOf(visitor.page).getByRole('img').count()).toBe(0);
    await expectSound(visitor);
  });
});
