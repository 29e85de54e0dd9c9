import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newPrompt } from './harness/api.ts';
import { expectNeat } from './harness/audit.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { type Begun, type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';
import { DEVICES, type Device, type Visit } from './harness/visit.ts';

const TURKISH = { locale: 'tr-TR' };
const DEVICE_NAMES = Object.keys(DEVICES) as Device[];

let stage: Stage;
let jobs: Readonly<Record<'completed' | 'failed' | 'running', Begun>>;

beforeAll(async () => {
  stage = await startStage();
  const begin = () => stage.begin({ steps: 20, style: 'ink' });
  jobs = { completed: await begin(), failed: await begin(), running: await begin() };
  for (const { run } of Object.values(jobs)) run.step(12);
  jobs.completed.run.finish();
  jobs.failed.run.fail('PROVIDER_TIMEOUT', 'the backend gave no answer in 180 s');
});
afterAll(() => stage.close());

/** English words that Turkish texts have no business with; what the server said in English is marked as such, addresses are none. */
const ENGLISH =
  /\b(the|of|and|is|are|with|your|you|backend|backends|step|picture|preview|waiting|queued|status|prompt)\b/i;

/** Visible texts and names for screen readers that are in English without saying so, other than prompts. */
async function englishLeft(page: Page, others: readonly string[] = []): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const foreign = 'pre, code, script, style, [lang=en], .font-mono';
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
      if (node.parentElement?.closest(foreign) === null) found.push(node.textContent ?? '');
    for (const element of document.querySelectorAll('[aria-label], [placeholder], [title]'))
      for (const name of ['aria-label', 'placeholder', 'title']) found.push(element.getAttribute(name) ?? '');
    return found;
  });
  const prompts = [...Object.values(jobs).map(({ prompt }) => prompt), ...others];
  return texts.filter((text) =>
    ENGLISH.test(prompts.reduce((rest, prompt) => rest.replace(prompt, ''), text.replace(/\/\S+/, ''))),
  );
}

/** In Turkish throughout, which fits the page; the page is otherwise the one that axe has looked at in English. */
async function expectTurkish(visit: Visit, prompts: readonly string[] = []): Promise<void> {
  expect(await visit.page.evaluate(() => document.documentElement.lang)).toBe('tr');
  expect(await englishLeft(visit.page, prompts)).toEqual([]);
  await expectNeat(visit);
}

const heading = (name: string) => (visit: Visit) => visit.page.getByRole('heading', { level: 1, name }).waitFor();

const PAGES: readonly (readonly [name: string, path: () => string, arrive: (visit: Visit) => Promise<void>])[] = [
  ['Home', () => '/?seed=7&cfg=3', heading('Görsel Üret')],
  ['Status', () => '/status', heading('Durum')],
  ['Chat', () => '/chat', heading('Adsız sohbet')],
  ['History', () => '/history', heading('Geçmiş')],
  ['Docs', () => '/docs', heading('API Belgeleri')],
  ['Link', () => '/link#a.b', heading('Bu cihazda devam edilsin mi?')],
  [
    'Generation Progress, running',
    () => `/jobs/${jobs.running.jobId}`,
    async (visit) => {
      await new JobPage(visit).expectState('live');
      await visit.page.getByText('Adım 12/20').first().waitFor();
    },
  ],
  [
    'Generation Progress, completed',
    () => `/jobs/${jobs.completed.jobId}`,
    async (visit) => {
      await new JobPage(visit).expectBanner('Görseliniz hazır.');
    },
  ],
  [
    'Generation Progress, failed',
    () => `/jobs/${jobs.failed.jobId}`,
    async (visit) => {
      const job = new JobPage(visit);
      await job.expectBanner('Üretim kısıtlandı veya zaman aşımına uğradı. Yeniden deneyebilirsiniz.');
      await job.expectBanner('Hemen ya da daha az adım veya daha küçük bir boyutla yeniden deneyin.');
      await job.expectBanner('PROVIDER_TIMEOUT: the backend gave no answer in 180 s');
      await job.button('Yeniden üret').waitFor();
    },
  ],
];

describe.concurrent('[C6] a browser set to Turkish', () => {
  for (const [name, path, arrive] of PAGES) {
    browserTest(`[C6] [A11] [A12] ${name}, wide and narrow: in Turkish, nothing sticks out`, async ({ visit }) => {
      const visitor = await visit(`${stage.url}${path()}`, 'desktop', TURKISH);
      await arrive(visitor);
      await visitor.settled();
      await visitor.inEveryWidth(expectTurkish);
    });
  }

  browserTest(
    '[C6] what is wrong with a backend is told in Turkish, the server’s own words are a detail',
    async ({ visit }) => {
      const bad = await startStage(
        {},
        { health: { ok: false, reason: 'unreachable', message: 'connect ECONNREFUSED' } },
      );
      try {
        const { page } = await visit(`${bad.url}/status`, 'phone', TURKISH);
        await page.getByText('Ondan yanıt gelmiyor.').waitFor();
        expect(await englishLeft(page)).toEqual([]);
        await page.getByText('Ayrıntılar').click();
        await page.getByText('connect ECONNREFUSED').waitFor();
      } finally {
        await bad.close();
      }
    },
  );

  browserTest('[C6] a conversation and one’s jobs, wide and narrow: in Turkish whatever happens', async ({ visit }) => {
    const visitor = await visit(`${stage.url}/chat`, 'desktop', TURKISH);
    const { page } = visitor;
    const prompts = [newPrompt(), newPrompt()];
    const pictures = page.getByTestId('picture');
    for (const prompt of prompts) {
      await page.getByRole('textbox', { name: 'İleti' }).fill(`Resim çiz: ${prompt}`);
      await page.keyboard.press('Enter');
      (await stage.backend.run(prompt)).step(4);
    }
    const isTurkish = (seen: Visit) => expectTurkish(seen, prompts);
    await pictures.nth(1).getByText(/^%20/).waitFor();
    await visitor.inEveryWidth(isTurkish);
    await page.getByRole('button', { name: /^İşleriniz/ }).click();
    await page.getByRole('dialog', { name: 'İşleriniz' }).getByText('%20').first().waitFor();
    await visitor.inEveryWidth(isTurkish);
    await page.keyboard.press('Escape');
    await pictures.nth(1).getByRole('button', { name: 'İptal et' }).click();
    await pictures.nth(1).getByText('İptal edildi.').waitFor();
    await page.getByRole('button', { name: 'Görsel ayarları' }).click();
    await page.getByLabel('Negatif istem').waitFor();
    await visitor.inEveryWidth(isTurkish);
  });

  browserTest('[C6] every operation of the API is told in Turkish', async ({ visit }) => {
    const { page } = await visit(`${stage.url}/docs`, 'desktop', TURKISH);
    const cards = page.locator('section:has(> h3), div:has(> h3)').filter({ has: page.locator('h3 code') });
    await cards.filter({ hasText: 'Bir iş oluştur' }).first().waitFor();
    const untold = cards.filter({ has: page.locator('[lang=en]') });
    expect(await untold.locator('h3').allTextContents()).toEqual([]);
  });

  browserTest('[C6] the table of events tells them in Turkish', async ({ visit }) => {
    const job = new JobPage(await visit(`${stage.url}/jobs/${jobs.completed.jobId}`, 'desktop', TURKISH));
    await job.expectState('completed');
    const table = job.page.getByRole('grid', { name: 'Olaylar' });
    await table.getByText('Tamamlandı').first().waitFor();
    await table.locator('tr[tabindex="0"]').focus();
    await job.page.keyboard.press('Home');
    await table.getByText('Sıraya alındı').waitFor();
    await table.getByText('Başladı: scripted').waitFor();
  });

  browserTest('[C6] [A13] the tab says the same before and after the app has begun', async ({ prepare }) => {
    const visitor = await prepare('desktop', TURKISH);
    const titles: string[] = [];
    for (const path of ['/', '/history', '/status', '/docs']) {
      const response = await visitor.page.goto(`${stage.url}${path}`);
      const sent = /<title>(.*)<\/title>/.exec((await response?.text()) ?? '')?.[1] ?? '';
      await visitor.page.getByRole('heading', { level: 1 }).waitFor();
      await eventually(() => visitor.page.title()).toBe(sent);
      titles.push(sent);
    }
    expect(titles).toEqual(['Görsel Üret', 'Geçmiş', 'Durum', 'API Belgeleri']);
  });
});

describe.concurrent('[C6] choosing the language', () => {
  const choose = (page: Page, label: string, language: string) =>
    page.getByLabel(label, { exact: true }).selectOption(language);

  browserTest('[C6] keeps what was typed, is remembered, and is followed by other tabs', async ({ visit }) => {
    const visitor = await visit(stage.url);
    const { page } = visitor;
    const other = await visitor.tab();
    await other.page.goto(`${stage.url}/status`);
    await page.getByLabel('Prompt', { exact: true }).fill('bir kedi');
    await choose(page, 'Language', 'tr');
    await heading('Görsel Üret')(visitor);
    await eventually(() => page.getByLabel('İstem', { exact: true }).inputValue()).toBe('bir kedi');
    await eventually(() => page.title()).toBe('Görsel Üret');
    await expectTurkish(visitor);
    await heading('Durum')(other);
    const response = await page.reload();
    expect(await response?.text()).toContain('<html lang="tr">');
    await heading('Görsel Üret')(visitor);
    await choose(page, 'Dil', 'en');
    await heading('Generate Images')(visitor);
    await heading('Status')(other);
  });

  for (const device of DEVICE_NAMES) {
    browserTest(`[C6] is at hand in a conversation, ${device}, also by the keyboard`, async ({ visit }) => {
      const visitor = await visit(`${stage.url}/chat`, device);
      const { page } = visitor;
      await page.getByRole('textbox', { name: 'Message' }).fill('bir kedi');
      const select = page.getByLabel('Language', { exact: true });
      expect(await select.evaluate((element) => element.getBoundingClientRect().right <= innerWidth)).toBe(true);
      await select.focus();
      await page.keyboard.press('ArrowDown');
      await heading('Adsız sohbet')(visitor);
      await eventually(() => page.getByRole('textbox', { name: 'İleti' }).inputValue()).toBe('bir kedi');
      await visitor.settled();
      await expectTurkish(visitor);
    });
  }

  browserTest('[C6] changes a live job’s page without losing its connection', async ({ visit }) => {
    const visitor = await visit(`${stage.url}/jobs/${jobs.running.jobId}`);
    const job = new JobPage(visitor);
    await job.expectState('live');
    await job.expectSeq(14);
    await visitor.page.getByText('Step 12 of 20').first().waitFor();
    await choose(visitor.page, 'Language', 'tr');
    await visitor.page.getByText('Adım 12/20').first().waitFor();
    await job.expectState('live');
    await expectTurkish(visitor);
  });

  browserTest('[C6] loads the texts of one language only', async ({ prepare }) => {
    const visitor = await prepare('desktop', TURKISH);
    const scripts: string[] = [];
    visitor.page.on('response', async (response) => {
      if (response.url().endsWith('.js')) scripts.push(await response.text().catch(() => ''));
    });
    await visitor.page.goto(stage.url);
    await heading('Görsel Üret')(visitor);
    await visitor.settled();
    expect(scripts.some((text) => text.includes('Görmek istediğiniz'))).toBe(true);
    expect(scripts.some((text) => text.includes('Write what you want to see.'))).toBe(false);
    expect(scripts.some((text) => text.includes('Skip to content'))).toBe(false);
  });
});
