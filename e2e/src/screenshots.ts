import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JobOptions } from '@darkroom/protocol';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createJob } from './harness/api.ts';
import { launchOptions } from './harness/chromium.ts';
import { ServerProcess } from './harness/server-process.ts';
import { DEVICES, type Device } from './harness/visit.ts';

/**
 * `node e2e/src/screenshots.ts FOLDER [PROVIDERS]`: photographs every page at 1280 and 360 pixels, with pictures of the
 * built-in painter, for the README; PROVIDERS are further backends, for example fake ones. Build the web app first.
 */
const GALLERY: readonly (readonly [prompt: string, options: JobOptions])[] = [
  ['A lighthouse by the sea in a thunderstorm', { steps: 16, seed: 7 }],
  ['A red fox in a snowy forest', { steps: 16, style: 'watercolour', seed: 21 }],
  ['City rooftops at dusk, paper lanterns, light rain', { steps: 16, style: 'neon', seed: 3 }],
  ['A sailing boat on a calm lake at sunrise', { steps: 16, style: 'sepia', seed: 12 }],
  ['A castle on a hill under a full moon', { steps: 16, style: 'ink', seed: 5 }],
  ['A rocket over green mountains', { steps: 16, style: 'pixel', seed: 9 }],
  ['A hot air balloon over fields of lavender', { steps: 16, style: 'flat', seed: 4 }],
];
const SHOWN = 'A lighthouse by the sea in a thunderstorm at night';

async function untilPainted(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => document.fonts.ready);
  // Those below the fold are loaded when they are scrolled to.
  await page.waitForFunction(() =>
    [...document.images].every(
      (image) => image.getBoundingClientRect().top > innerHeight || (image.complete && image.naturalWidth > 0),
    ),
  );
}

async function shoot(page: Page, folder: string, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** A conversation: a picture that is done, and one on its way; and the panel of one's jobs over it. */
async function shootChat(page: Page, server: ServerProcess, folder: string, width: number): Promise<void> {
  await page.goto(`${server.url}/chat`);
  await page.getByRole('heading', { name: 'What shall I draw?' }).waitFor();
  await untilPainted(page);
  await shoot(page, folder, `chat-empty-${width}`);
  const say = async (words: string) => {
    await page.getByRole('textbox', { name: 'Message' }).fill(words);
    await page.keyboard.press('Enter');
  };
  await say('Draw two small red boats on a calm lake at sunset');
  await page.locator('[data-testid=picture][data-status=complete] img').waitFor();
  server.pause();
  await say(`Draw ${SHOWN.toLowerCase()}`);
  server.allow(13);
  await page.getByTestId('picture').getByText(/^65%/).waitFor();
  await page.waitForTimeout(300);
  await shoot(page, folder, `chat-${width}`);
  await say('Draw a rocket over green mountains');
  await say('Paint a castle on a hill under a full moon');
  await say('Paint a red fox in a snowy forest');
  await say('Draw city rooftops at dusk, paper lanterns, light rain');
  await page.getByRole('button', { name: /^Your jobs/ }).click();
  await page.getByRole('dialog', { name: 'Your jobs' }).locator('li').nth(3).waitFor();
  await page.waitForTimeout(700);
  await shoot(page, folder, `queue-${width}`);
  server.allow('all');
  await untilDone(server.url);
}

/** Waits until no job is queued or running. */
async function untilDone(url: string): Promise<void> {
  for (let waiting = true; waiting; ) {
    const { jobs } = (await (await fetch(`${url}/api/jobs`)).json()) as { jobs: { status: string }[] };
    waiting = jobs.some(({ status }) => status !== 'completed' && status !== 'failed');
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function shootDevice(browser: Browser, server: ServerProcess, [folder, device]: [string, Device]): Promise<void> {
  const { url } = server;
  const { width } = DEVICES[device].viewport;
  const context = await browser.newContext({ ...DEVICES[device], locale: 'en-GB', deviceScaleFactor: 2 });
  const page = await context.newPage();
  for (const [name, path] of [
    ['home', '/'],
    ['history', '/history'],
    ['status', '/status'],
    ['docs', '/docs'],
  ] as const) {
    await page.goto(`${url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await untilPainted(page);
    await shoot(page, folder, `${name}-${width}`);
  }
  await page.goto(url);
  await page.getByLabel('Prompt', { exact: true }).fill(SHOWN);
  await page.locator('summary').click();
  await page.getByLabel('Backend', { exact: true }).waitFor();
  await untilPainted(page);
  await page.screenshot({ path: join(folder, `home-advanced-${width}-whole.png`), fullPage: true });
  await shootChat(page, server, folder, width);
  server.pause();
  const { id } = await createJob(url, SHOWN, { steps: 24, size: '768', seed: 11 });
  await page.goto(`${url}/jobs/${id}`);
  server.allow(16);
  await page
    .getByText(/^Step 16 of 24/)
    .first()
    .waitFor();
  await shoot(page, folder, `progress-running-${width}`);
  server.allow('all');
  await page.getByText('Your image is ready.').waitFor();
  await page.locator('[data-testid=preview][data-final=true] img').last().waitFor();
  await page.waitForTimeout(500);
  await shoot(page, folder, `progress-completed-${width}`);
  await page.screenshot({ path: join(folder, `progress-completed-${width}-whole.png`), fullPage: true });
  await context.close();
}

async function main(): Promise<void> {
  const [target, ...others] = process.argv.slice(2);
  if (target === undefined) throw new Error('usage: node e2e/src/screenshots.ts FOLDER [PROVIDERS]');
  const folder = resolve(target);
  await mkdir(folder, { recursive: true });
  const server = await ServerProcess.start(['sketch:', ...others].join(','));
  server.allow('all');
  const browser = await chromium.launch(launchOptions());
  try {
    for (const [prompt, options] of GALLERY) await createJob(server.url, prompt, options);
    await untilDone(server.url);
    for (const device of Object.keys(DEVICES) as Device[]) await shootDevice(browser, server, [folder, device]);
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
