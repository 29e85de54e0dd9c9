import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { expectUsable } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { HomePage } from './harness/home-page.ts';
import { JobPage } from './harness/job-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const AWAY = 'The server is not available.';

/** A server that no longer has these files, as after an upgrade. */
async function remove(page: Page, files: string): Promise<void> {
  await page.route(files, (route) => route.fulfill({ status: 404, body: 'Not found' }));
}

/** A part of a page that is loaded on demand. */
interface Part {
  readonly name: string;
  readonly path: string;
  readonly button: (page: Page) => Locator;
  /** What only the part shows. */
  readonly content: (page: Page) => Locator;
}

const SETTINGS: readonly Part[] = [
  {
    name: 'the advanced settings of Home',
    path: '/',
    button: (page) => page.locator('summary', { hasText: 'Advanced settings' }),
    content: (page) => page.getByLabel('Sampler', { exact: true }),
  },
  {
    name: 'the settings of the chat',
    path: '/chat',
    button: (page) => page.getByRole('button', { name: 'Picture settings' }),
    content: (page) => page.getByRole('button', { name: 'Done', exact: true }),
  },
];

const DIALOGS: readonly Part[] = [
  {
    name: 'the queue panel',
    path: '/',
    button: (page) => page.getByRole('button', { name: /^Your jobs/ }),
    content: (page) => page.getByRole('dialog', { name: 'Your jobs' }),
  },
  {
    name: '“Continue on another device”',
    path: '/',
    button: (page) => page.getByRole('button', { name: 'Continue on another device' }),
    content: (page) => page.getByRole('dialog'),
  },
];

describe.concurrent('[A10] code loaded on demand, while the server is away', () => {
  browserTest('[A10] a page says so, and opens by itself when the server is back', async ({ prepare }) => {
    const visit = await prepare();
    await visit.page.goto(stage.url);
    await visit.settled();
    await visit.context.setOffline(true);
    await visit.page.getByRole('link', { name: 'History' }).first().click();
    await visit.expectNotice(AWAY);
    await visit.context.setOffline(false);
    await visit.page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
  });

  browserTest('[A10] the first page says so, and opens by itself when the server is back', async ({ prepare }) => {
    const visit = await prepare();
    const server = { isBack: false };
    await visit.page.route('**/assets/history-page-*.js', (route) =>
      server.isBack ? route.continue() : route.abort(),
    );
    // What asks whether the server is there; the page itself comes.
    await visit.page.route('**/history', (route) =>
      server.isBack || route.request().isNavigationRequest() ? route.continue() : route.abort(),
    );
    await visit.page.goto(`${stage.url}/history`);
    await visit.page.getByRole('status').getByText(AWAY).waitFor();
    await visit.inEveryWidth(expectUsable);
    server.isBack = true;
    await visit.page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
  });

  for (const { name, path, button, content } of SETTINGS) {
    browserTest(`[A10] ${name}: say so, and come by themselves when it is back`, async ({ prepare }) => {
      const visit = await prepare();
      await visit.page.goto(`${stage.url}${path}`);
      await visit.settled();
      await visit.context.setOffline(true);
      await button(visit.page).click();
      await visit.page.getByText(AWAY).first().waitFor();
      await visit.context.setOffline(false);
      await content(visit.page).waitFor();
    });
  }

  for (const { name, path, button, content } of DIALOGS) {
    browserTest(`[A10] ${name}: a notice says so, and it opens when asked again`, async ({ prepare }) => {
      const visit = await prepare();
      await visit.page.goto(`${stage.url}${path}`);
      await visit.settled();
      await visit.context.setOffline(true);
      await button(visit.page).click();
      await visit.expectNotice(AWAY);
      await visit.context.setOffline(false);
      await button(visit.page).click();
      await content(visit.page).waitFor();
    });
  }

  browserTest('[A10] cancelling: a notice says so, and it is asked again', async ({ prepare }) => {
    const { jobId } = await stage.begin();
    const visit = await prepare();
    const job = new JobPage(visit);
    await visit.page.goto(`${stage.url}/jobs/${jobId}`);
    await job.expectState('live');
    await visit.settled();
    await visit.context.setOffline(true);
    await job.button('Cancel').click();
    await visit.expectNotice('The job could not be cancelled.');
    await visit.context.setOffline(false);
    await job.button('Cancel').click();
    await visit.page.getByRole('dialog').waitFor();
  });

  browserTest('[A10] another language: a notice says so, and this one stays', async ({ prepare }) => {
    const visit = await prepare();
    await visit.page.goto(stage.url);
    await visit.settled();
    await visit.context.setOffline(true);
    await visit.page.getByLabel('Language').selectOption('tr');
    await visit.expectNotice(AWAY);
    await eventually(() => visit.page.getByLabel('Language').inputValue()).toBe('en');
  });
});

describe.concurrent('[A10] code loaded on demand that the server no longer has', () => {
  browserTest('[A10] a page says that it must be loaded again', async ({ prepare }) => {
    const visit = await prepare();
    await visit.page.goto(stage.url);
    await visit.settled();
    await remove(visit.page, '**/assets/history-page-*.js');
    await visit.page.getByRole('link', { name: 'History' }).first().click();
    await visit.page.getByRole('button', { name: 'Load again' }).waitFor();
    await visit.page.getByRole('heading', { level: 1, name: 'Something broke on this page' }).waitFor();
  });

  browserTest('[A10] advanced settings: the rest of the page stays, with what was written', async ({ prepare }) => {
    const visit = await prepare();
    await visit.page.goto(stage.url);
    const home = new HomePage(visit);
    await home.prompt.fill('A kite over the sea');
    await visit.settled();
    await remove(visit.page, '**/assets/advanced-settings-*.js');
    await home.advanced.click();
    await visit.page.getByRole('alert').getByText('This part could not be loaded.').waitFor();
    expect(await home.prompt.inputValue()).toBe('A kite over the sea');
    await home.generate.click();
    await visit.page.waitForURL(/\/jobs\/[\w-]{22}$/);
  });

  browserTest('[A10] a dialog: a notice says that the page must be loaded again', async ({ prepare }) => {
    const visit = await prepare();
    await visit.page.goto(stage.url);
    await visit.settled();
    await remove(visit.page, '**/assets/link-dialog-*.js');
    await visit.page.getByRole('button', { name: 'Continue on another device' }).click();
    await visit.expectNotice('Load the page again.');
  });

  browserTest('[A10] a tooltip: the page does without', async ({ prepare }) => {
    const { jobId, run } = await stage.begin();
    const visit = await prepare();
    const job = new JobPage(visit);
    let asked = 0;
    await visit.page.route('**/assets/tooltip-*.js', (route) => {
      asked++;
      return route.fulfill({ status: 404, body: 'Not found' });
    });
    await visit.page.goto(`${stage.url}/jobs/${jobId}`);
    // Given up: the second time the server answered, and had nothing.
    await eventually(() => asked).toBe(2);
    await job.expectState('live');
    run.finish();
    await job.expectState('completed');
    await job.chip.waitFor();
  });
});
