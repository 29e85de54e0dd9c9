import { chromium, type Page } from 'playwright-core';
import { pathOf } from '../../../packages/server/src/testing/machine.ts';

/** Time for what a page loads after its load event, lazily. */
const SETTLE_MS = 2_000;

/** The machine's own Chromium. */
export interface Browser {
  /** Addresses of the scripts that a page loads into an empty cache. */
  scriptsOf(url: string): Promise<string[]>;
  /** Opens a page in a session that has this cookie (`name=value`). */
  openPage(url: string, cookie: string): Promise<Page>;
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
    openPage: async (url, cookie) => {
      const context = await browser.newContext();
      const equals = cookie.indexOf('=');
      const [name, value] = [cookie.slice(0, equals), cookie.slice(equals + 1)];
      await context.addCookies([{ name, value, url: new URL(url).origin }]);
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}
