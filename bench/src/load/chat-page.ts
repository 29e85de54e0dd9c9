import type { Page } from 'playwright-core';

const LOAD_MS = 120_000;

/** Scrolls up until the page has so many turns, then back to the end. */
export async function readWholeConversation(page: Page, turns: number): Promise<void> {
  const scroll = (most: number) => {
    const log = document.querySelector('section:has(article)');
    const hasAll = document.querySelectorAll('article').length >= most;
    log?.scrollTo({ top: hasAll ? log.scrollHeight : 0 });
    return hasAll;
  };
  await page.waitForFunction(scroll, turns, { polling: 100, timeout: LOAD_MS });
}

/** Waits until the page shows that so many pictures are being made. */
export async function untilRunning(page: Page, pictures: number): Promise<void> {
  const isShown = (most: number) =>
    document.querySelectorAll('[data-testid=picture][data-status=processing]').length === most;
  await page.waitForFunction(isShown, pictures, { polling: 100, timeout: LOAD_MS });
}

/** Percent that the newest picture in the page shows. */
export async function shownPercent(page: Page): Promise<number> {
  const bar = page.getByTestId('picture').last().getByRole('progressbar');
  return Number(await bar.getAttribute('aria-valuenow'));
}

/** The frames that the page draws in `ms`. */
export function countFrames(page: Page, ms: number): Promise<number> {
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
