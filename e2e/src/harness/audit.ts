import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Visit } from './visit.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** Rules of axe that the page breaks, with the elements that do. Animations are taken to their end: a half faded text has no true contrast, and one that is scrolled out of sight would never end. */
async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY) animation.finish();
    }
  });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe: inPage } = window as unknown as { axe: typeof import('axe-core') };
    // On a gradient axe cannot tell a contrast and says nothing: it is asked about the plain colour below it.
    document.body.style.backgroundImage = 'none';
    // Every rule runs; of those that the page keeps, axe need not describe each element.
    const { violations: broken } = await inPage.run({ resultTypes: ['violations'] });
    document.body.style.removeProperty('background-image');
    return broken;
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary ?? ''}`),
  );
}

/** Elements that stick out of the page to the right, outside of boxes that scroll by themselves. */
function widerThanPage(): string[] {
  const width = window.innerWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const elements = [...document.body.querySelectorAll('*')];
  const wide = elements.filter((element) => element.getBoundingClientRect().right > width + 0.5);
  return [
    `scrollWidth ${document.documentElement.scrollWidth}`,
    ...wide.map((element) => element.outerHTML.slice(0, 120)),
  ];
}

/** What every page must be in every state: accessible, and no wider than the screen. */
export async function expectUsable({ page }: Visit): Promise<void> {
  // Until its scripts have come, an address that was just opened is no page yet.
  await page.locator('main').waitFor();
  expect(await axeViolations(page)).toEqual([]);
  expect(await page.evaluate(widerThanPage)).toEqual([]);
}

/** No wider than the screen, and without a word in its console, where the network gives none to say. */
export async function expectNeat(visit: Visit): Promise<void> {
  await visit.page.locator('main').waitFor();
  expect(await visit.page.evaluate(widerThanPage)).toEqual([]);
  expect(await visit.violations()).toEqual([]);
  expect(visit.errors).toEqual([]);
}

/** All of that: accessible, no wider than the screen, and without a word in its console. */
export async function expectSound(visit: Visit): Promise<void> {
  await expectUsable(visit);
  await expectNeat(visit);
}
