import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { EVIDENCE } from './folders.ts';

/** What a page is looked at with. */
export const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;
export type Device = keyof typeof DEVICES;

/** How long a condition is waited for: on a busy machine, or one whose disk is, the best of pages is slow. */
export const PATIENCE_MS = 30_000;
/** How long a page may take to load on a busy machine: until then nothing has begun. */
const LOADING_MS = 45_000;

declare global {
  interface Window {
    /** Every breach of the content security policy on this page. */
    cspViolations: string[];
  }
}

function recordViolations(): void {
  window.cspViolations = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
    window.cspViolations.push(`${violatedDirective} ${blockedURI} ${sourceFile}`);
  });
}

/** A page in a browser of its own (cookies, storage), and what its console said. */
export class Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors in the page's console, and uncaught ones. */
  readonly errors: string[] = [];
  readonly #console: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('console', (message) => {
      this.#console.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => {
      this.#console.push(`uncaught: ${error.stack ?? error.message}`);
      this.errors.push(error.message);
    });
  }

  /** A new browser session with an empty page. */
  static async begin(browser: Browser, device: Device, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({
      ...DEVICES[device],
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(LOADING_MS);
    await context.addInitScript(recordViolations);
    return new Visit(context, await context.newPage());
  }

  /** Another tab of the same session. */
  async tab(): Promise<Visit> {
    return new Visit(this.context, await this.context.newPage());
  }

  /** Breaches of the content security policy so far. */
  violations(): Promise<string[]> {
    return this.page.evaluate(() => window.cspViolations);
  }

  clipboard(): Promise<string> {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Leaves what there is to see in a folder; answers the screenshot's path. */
  async saveEvidence(name: string): Promise<string> {
    await mkdir(EVIDENCE, { recursive: true });
    const path = join(EVIDENCE, name);
    const log = [this.page.url(), ...this.#console].join('\n');
    await writeFile(`${path}.console.txt`, `${log}\n`);
    await this.page.screenshot({ path: `${path}.png`, timeout: 5_000 });
    return `${path}.png`;
  }
}
