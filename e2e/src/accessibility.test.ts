import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readLog } from './harness/api.ts';
import { browserTest } from './harness/browser-test.ts';
import { JobPage } from './harness/job-page.ts';
import { type Stage, startStage } from './harness/stage.ts';
import { eventually } from './harness/until.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const addressOf = (jobId: string) => `${stage.url}/jobs/${jobId}`;

/** The row that has the focus. */
function focusedSeq(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['seq']);
}

describe('[A11] the live region', () => {
  browserTest(
    '[A11] announces every change of status and of the connection, and nothing for a mere step',
    async ({ visit }) => {
      const { jobId, run } = await stage.begin();
      const job = new JobPage(await visit(addressOf(jobId)));
      await job.expectAnnounced('Status: Running. Updates over WS.');
      await eventually(() => job.liveRegion.getAttribute('aria-live')).toBe('polite');
      const told = await job.liveRegion.evaluateHandle((region) => {
        const texts: string[] = [];
        new MutationObserver(() => texts.push(region.textContent ?? '')).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
        return texts;
      });
      run.step(5);
      await job.expectSeq(7);
      expect(await told.jsonValue()).toEqual([]);
      await job.button('Switch to Polling').click();
      await job.expectAnnounced('Status: Running. Updates over Poll.');
      await job.button('Reconnect').click();
      await job.expectAnnounced('Status: Running. Updates over WS.');
      run.finish();
      await job.expectAnnounced('Status: Completed.');
    },
  );
});

describe.concurrent('[A11] the keyboard', () => {
  browserTest(
    '[A11] the timeline: arrows, Home, End and the page keys move between events, Enter shows a preview',
    async ({ visit }) => {
      const { jobId, run } = await stage.begin({ steps: 40 });
      run.step(40);
      run.finish();
      const job = new JobPage(await visit(addressOf(jobId)));
      await job.expectState('completed');
      const log = await readLog(stage.url, jobId);
      const { page } = job;

      await job.table.locator('tr[tabindex="0"]').focus();
      await page.keyboard.press('Home');
      await eventually(() => focusedSeq(page)).toBe('1');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await eventually(() => focusedSeq(page)).toBe('3');
      await page.keyboard.press('ArrowUp');
      await eventually(() => focusedSeq(page)).toBe('2');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      await eventually(() => focusedSeq(page)).toBe('1');
      await page.keyboard.press('PageDown');
      await eventually(async () => Number(await focusedSeq(page))).toBeGreaterThan(4);
      await page.keyboard.press('End');
      await eventually(() => focusedSeq(page)).toBe(String(log.length));
      for (let presses = 0; presses < 10; presses++) await page.keyboard.press('ArrowUp');
      const reached = log.length - 10;
      await eventually(() => focusedSeq(page)).toBe(String(reached));

      await page.keyboard.press('Enter');
      await eventually(() => job.picture.getAttribute('src')).toBe(log[reached - 1]?.previewUrl);
      await eventually(() => page.locator(`tr[data-seq="${reached}"]`).getAttribute('aria-selected')).toBe('true');
      const inSight = await page.evaluate(() => {
        const row = document.activeElement?.getBoundingClientRect();
        const box = document.activeElement?.closest('table')?.parentElement?.getBoundingClientRect();
        return row !== undefined && box !== undefined && row.top >= box.top && row.bottom <= box.bottom + 1;
      });
      expect(inSight).toBe(true);
    },
  );

  browserTest('[A11] the timeline: arrow keys held down lose no press, however slow the machine', async ({ visit }) => {
    const { jobId, run } = await stage.begin({ steps: 40 });
    run.step(40);
    run.finish();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectState('completed');
    await job.table.locator('tr[tabindex="0"]').focus();
    await job.page.keyboard.press('Home');
    await eventually(() => focusedSeq(job.page)).toBe('1');
    const session = await job.page.context().newCDPSession(job.page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 8 });
    for (let presses = 0; presses < 30; presses++) await job.page.keyboard.press('ArrowDown');
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await eventually(() => focusedSeq(job.page)).toBe('31');
  });

  browserTest('[A11] a single tab stop for all events, and none is a trap', async ({ visit }) => {
    const { jobId, run } = await stage.begin({ steps: 40 });
    run.step(40);
    run.finish();
    const job = new JobPage(await visit(addressOf(jobId)));
    await job.expectState('completed');
    await eventually(() => job.table.locator('tr[tabindex="0"]').count()).toBe(1);
    await job.table.locator('tr[tabindex="0"]').focus();
    await job.page.keyboard.press('Tab');
    expect(await focusedSeq(job.page)).toBeUndefined();
    await job.page.keyboard.press('Shift+Tab');
    expect(await focusedSeq(job.page)).toBeDefined();
  });

  browserTest(
    '[A11] the cancel dialog: Escape keeps the job, the safe answer has the focus, which comes back',
    async ({ visit }) => {
      const { jobId } = await stage.begin();
      const job = new JobPage(await visit(addressOf(jobId)));
      await job.expectState('live');
      await job.button('Cancel').focus();
      await job.page.keyboard.press('Enter');
      const dialog = job.page.getByRole('dialog', { name: 'Cancel this generation?' });
      await dialog.waitFor();
      const focused = () => job.page.evaluate(() => document.activeElement?.textContent);
      await eventually(focused).toBe('Keep going');
      await job.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await eventually(focused).toBe('Cancel');
      await job.expectStatus('running');
    },
  );

  browserTest('[A11] the first tab stop skips to the content', async ({ visit }) => {
    const { page } = await visit(stage.url);
    await page.getByRole('heading', { level: 1, name: 'Generate Images' }).waitFor();
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    expect(await skip.evaluate((element) => element === document.activeElement)).toBe(true);
    expect((await skip.boundingBox())?.width).toBeGreaterThan(20);
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate(() => document.activeElement?.id)).toBe('content');
  });
});

/** The outline of what has the focus, once it has faded in; undefined when the page's own body has the focus. */
async function focusOutline() {
  const element = document.activeElement;
  if (element === null || element === document.body) return undefined;
  await Promise.allSettled(element.getAnimations().map((animation) => animation.finished));
  // A field without a frame of its own has its ring around the box it stands in.
  const bare = getComputedStyle(element).outlineStyle === 'none';
  const ringed = bare ? (element.parentElement ?? element) : element;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(ringed);
  const name = element.getAttribute('aria-label') ?? element.textContent?.slice(0, 40) ?? '';
  return { name: `${element.tagName} ${name}`, outline: `${outlineWidth} ${outlineStyle} ${outlineColor}` };
}

describe.concurrent('[A11] visible focus', () => {
  const PAGES: readonly (readonly [name: string, path: () => Promise<string>])[] = [
    ['Home', async () => '/'],
    ['Home with advanced settings', async () => '/?seed=7'],
    [
      'Generation Progress',
      async () => {
        const { jobId, run } = await stage.begin();
        run.step(3);
        run.finish();
        return `/jobs/${jobId}`;
      },
    ],
    ['Chat', async () => '/chat'],
    ['History', async () => '/history'],
    ['Status', async () => '/status'],
    ['Docs', async () => '/docs'],
  ];
  for (const [name, path] of PAGES) {
    browserTest(`[A11] ${name}: whatever Tab reaches has a ring of 2 px in the primary colour`, async ({ visit }) => {
      const visitor = await visit(`${stage.url}${await path()}`);
      const { page } = visitor;
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await visitor.settled();
      // Where every page begins: some put the focus elsewhere at once.
      await page.getByRole('link', { name: 'Skip to content' }).focus();
      const rings: NonNullable<Awaited<ReturnType<typeof focusOutline>>>[] = [];
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        const ring = await page.evaluate(focusOutline);
        if (ring === undefined) break;
        rings.push(ring);
      }
      expect(rings.length).toBeGreaterThan(5);
      const bare = rings.filter(({ outline }) => outline !== '2px solid rgb(79, 140, 255)');
      expect(bare).toEqual([]);
    });
  }
});

/** Every animation and transition that runs now, with what it is on. */
function running(): string[] {
  return document
    .getAnimations()
    .filter((animation) => animation.playState === 'running')
    .map(({ effect }) => {
      const target = effect instanceof KeyframeEffect ? effect.target : null;
      const { duration, iterations } = effect?.getComputedTiming() ?? {};
      return `${target?.tagName ?? '?'}.${target?.getAttribute('class') ?? ''} ${duration} ms × ${iterations}`;
    });
}

/** In the page: watches every frame for animations, until the page is left. */
function watchAnimations(): void {
  const seen = new Set<string>();
  Object.assign(window, { seenAnimations: seen });
  const look = () => {
    for (const animation of document.getAnimations()) {
      const { duration, iterations } = animation.effect?.getComputedTiming() ?? {};
      const target = animation.effect instanceof KeyframeEffect ? animation.effect.target : null;
      seen.add(`${target?.tagName} ${duration} ms × ${iterations}`);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

describe('[A11] motion', () => {
  browserTest('[A11] previews fade over each other in 150–200 ms', async ({ visit }) => {
    const { jobId, run } = await stage.begin();
    const job = new JobPage(await visit(addressOf(jobId), 'desktop', { reducedMotion: 'no-preference' }));
    await job.expectState('live');
    await job.page.evaluate(watchAnimations);
    run.step(3);
    await job.expectSeq(5);
    const src = (await readLog(stage.url, jobId)).at(-1)?.previewUrl;
    await eventually(() => job.picture.getAttribute('src')).toBe(src);
    const fadesSeen = () =>
      job.page.evaluate(() =>
        [...(window as unknown as { seenAnimations: Set<string> }).seenAnimations].filter((text) =>
          text.startsWith('IMG'),
        ),
      );
    // The picture is in the page before the frame in which its fade begins.
    await eventually(async () => (await fadesSeen()).length).toBeGreaterThan(0);
    const fades = await fadesSeen();
    for (const fade of fades) {
      const [, ms] = /^IMG (\d+) ms × 1$/.exec(fade) ?? [];
      expect(Number(ms)).toBeGreaterThanOrEqual(150);
      expect(Number(ms)).toBeLessThanOrEqual(200);
    }
  });

  browserTest(
    '[A11] under reduced motion nothing moves, from the first skeleton to the result',
    async ({ prepare }) => {
      const { jobId, run } = await stage.begin();
      const visit = await prepare('desktop', { reducedMotion: 'reduce' });
      await visit.context.addInitScript(watchAnimations);
      const job = new JobPage(visit);
      await visit.page.goto(addressOf(jobId));
      await job.expectState('live');
      run.step(3);
      await job.expectPicture(false);
      await job.button('Switch to Polling').click();
      await job.expectState('degraded');
      await job.button('Cancel').hover();
      await job.button('Cancel').click();
      await job.page.getByRole('dialog').waitFor();
      await job.button('Keep going').click();
      run.step(3);
      run.finish();
      await job.expectState('completed');
      await job.expectPicture(true);
      const seen = await job.page.evaluate(() => [
        ...(window as unknown as { seenAnimations: Set<string> }).seenAnimations,
      ]);
      expect(seen).toEqual([]);
      expect(await job.page.evaluate(running)).toEqual([]);
    },
  );
});
