import { writeFile } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from 'playwright-core';
import { PATIENCE_MS } from './patience.ts';
import { recordShown } from './shown.ts';
import { eventually } from './until.ts';

/** What a page is looked at with. */
export const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;
export type Device = keyof typeof DEVICES;

declare global {
  interface Window {
    /** Every breach of the content security policy on this page. */
    cspViolations: string[];
    /** What this page has copied last. */
    copied?: string;
  }
}

function recordViolations(): void {
  window.cspViolations = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
    window.cspViolations.push(`${violatedDirective} ${blockedURI} ${sourceFile}`);
  });
}

/** In the page: keeps what is copied. All pages of a browser share one clipboard, in which a test may find another's text. */
function recordCopies(): void {
  // An empty page, which is no secure context, has none.
  if (!('clipboard' in navigator)) return;
  const { clipboard } = navigator;
  const write = clipboard.writeText.bind(clipboard);
  clipboard.writeText = async (text) => {
    await write(text);
    window.copied = text;
  };
}

/** In the page: resolves when what has arrived is drawn and the main thread has nothing to do. */
async function untilIdle(): Promise<void> {
  await document.fonts.ready;
  await new Promise((resolve) => requestAnimationFrame(resolve));
  // Not `requestIdleCallback`: after a resize Chromium may call that only when something draws again, minutes later.
  await scheduler.postTask(() => {}, { priority: 'background' });
}

/** In the page: whether something stands in for code that is loaded lazily. That may have arrived, and not have run yet. */
const isLoading = (): boolean => document.querySelector('[data-loading]') !== null;

/** Requests whose answers stay open. */
const HELD_OPEN = /\/events(\?|$)|[?&]wait=/;
/** A page that hangs gives no screenshot. */
const SCREENSHOT_MS = 10_000;

/** A page in a browser of its own (cookies, storage), and what its console said. */
export class Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors in the page's console, and uncaught ones. */
  readonly errors: string[] = [];
  /** Other tabs of the session that were opened by `tab`. */
  readonly tabs: Visit[] = [];
  readonly #console: string[] = [];
  /** Requests that are not answered yet, other than event streams and polls, which are held open. */
  readonly #pending = new Set<Request>();
  /** Requests so far. */
  #requests = 0;
  /** Every origin the page has been at. */
  readonly #origins = new Set<string>();

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('request', (request) => {
      this.#requests++;
      if (!HELD_OPEN.test(request.url())) this.#pending.add(request);
    });
    const isOver = (request: Request) => void this.#pending.delete(request);
    page.on('requestfinished', isOver);
    page.on('requestfailed', isOver);
    page.on('framenavigated', (frame) => {
      const { origin, protocol } = new URL(frame.url());
      if (protocol.startsWith('http')) this.#origins.add(origin);
    });
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
      // What moves is tested where motion is: elsewhere it would only cost time, and be waited for.
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    for (const record of [recordViolations, recordCopies, recordShown]) await context.addInitScript(record);
    await context.tracing.start();
    return new Visit(context, await context.newPage());
  }

  /**
   * Leaves nothing of a test to the next one that is given this session: other tabs, routes, storage, cookies and what
   * was noted of the page are gone. Throws where it cannot make sure of that, as when the page's server is gone.
   */
  async clear(device: Device): Promise<void> {
    await Promise.all(this.context.pages().map((page) => (page === this.page ? undefined : page.close())));
    await this.context.setOffline(false);
    await this.context.unrouteAll({ behavior: 'ignoreErrors' });
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.page.setViewportSize(DEVICES[device].viewport);
    // A document that runs no script: a page would go on storing. Its headers are those of the pages, else the next page
    // would get a new renderer (Cross-Origin-Opener-Policy).
    for (const origin of this.#origins) {
      await this.page.goto(`${origin}/favicon.svg`);
      await this.page.evaluate(() => {
        localStorage.clear();
        sessionStorage.clear();
      });
    }
    await this.context.clearCookies();
    await this.context.tracing.stop();
    await this.context.tracing.start();
    for (const noted of [this.tabs, this.errors, this.#console]) noted.length = 0;
    this.#origins.clear();
  }

  /** Another tab of the same session. */
  async tab(): Promise<Visit> {
    const tab = new Visit(this.context, await this.context.newPage());
    this.tabs.push(tab);
    return tab;
  }

  /** Breaches of the content security policy so far. */
  violations(): Promise<string[]> {
    return this.page.evaluate(() => window.cspViolations);
  }

  /** Waits until a notice that says this appears, or has appeared: it is gone after a few seconds. */
  expectNotice(text: string): Promise<void> {
    const isShown = (wanted: string) => window.shownNotices?.some((notice) => notice.includes(wanted));
    return eventually(() => this.page.evaluate(isShown, text)).toBe(true);
  }

  /** Stops the page's clock, which must be installed: from here on its time passes only by `clock.runFor`. */
  async pauseClock(): Promise<void> {
    // The clock must not have passed the moment at which it is to stop.
    for (let aheadMs = 1_000; ; aheadMs *= 2) {
      const at = (await this.page.evaluate(() => Date.now())) + aheadMs;
      const isPaused = await this.page.clock.pauseAt(at).then(
        () => true,
        () => false,
      );
      if (isPaused) return;
      if (aheadMs > PATIENCE_MS) throw new Error('the clock of the page cannot be paused: is it installed?');
    }
  }

  /** What the page has copied last. */
  clipboard(): Promise<string | undefined> {
    return this.page.evaluate(() => window.copied);
  }

  /** Waits until the page is complete: all it has asked for is there and rendered, code that is loaded lazily included. */
  async settled(): Promise<void> {
    await this.page.waitForLoadState();
    await eventually(async () => {
      const before = this.#requests;
      await this.page.evaluate(untilIdle);
      const pending = [...this.#pending].map((request) => request.url());
      return { pending, added: this.#requests - before, isLoading: await this.page.evaluate(isLoading) };
    }).toEqual({ pending: [], added: 0, isLoading: false });
  }

  /** Looks at the page in the width of each device. What is laid out depends on the width alone, so the page need not be loaded again. */
  async inEveryWidth(look: (visit: Visit) => Promise<void>): Promise<void> {
    for (const { viewport } of Object.values(DEVICES)) {
      await this.page.setViewportSize(viewport);
      await this.page.evaluate(untilIdle);
      await look(this);
    }
  }

  /** Leaves what there is to see of the page at `path`: a screenshot and what its console said. */
  async saveEvidence(path: string): Promise<void> {
    const log = [this.page.url(), ...this.#console].join('\n');
    await writeFile(`${path}.console.txt`, `${log}\n`);
    await this.page.screenshot({ path: `${path}.png`, timeout: SCREENSHOT_MS });
  }
}
