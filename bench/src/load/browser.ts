import { chromium } from 'playwright-core';
import { pathOf } from '../../../packages/server/src/testing/machine.ts';

/** Time for what a page loads after its load event, lazily. */
const SETTLE_MS = 2_000;

/** The machine's own Chromium. */
export interface Browser {
  /** Addresses of the scripts that a page loads into an empty cache. */
  scriptsOf(url: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] });
  return {
    scriptsOf: async (url) => {
      const page = await browser.newPage();
      const scripts = new Set<string>();
      page.on('response', (response) => {
        if (response.request().resourceType() === 'script') scripts.add(response.url());
      });
      await page.goto(url);
      await page.waitForTimeout(SETTLE_MS);
      await page.close();
      return [...scripts];
    },
    close: () => browser.close(),
  };
}
