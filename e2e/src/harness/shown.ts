import type { Page } from 'playwright-core';

/** What the progress page shows of its job and its connection, at one moment. */
export interface Shown {
  /** Kind of the page's state, for example `live` (`data-state`). */
  readonly state: string | null;
  /** `seq` of the newest event that is rendered (`data-seq`). */
  readonly seq: number;
  /** The whole text of the state's banner. */
  readonly banner: string;
  /** The transport in use. */
  readonly mode: string | null;
  /** The job's status. */
  readonly status: string | null;
  /** What screen readers are told. */
  readonly announced: string;
}

declare global {
  interface Window {
    /** Everything that the progress page has shown since it was loaded, oldest first. */
    shownStates?: Shown[];
    /** The texts of all notices that the page has shown since it was loaded; each is gone after a few seconds. */
    shownNotices?: string[];
  }
}

/**
 * In the page: records each change of what it shows. A page recovers by itself: between two looks of a test it may have
 * been in a state and left it again. In the record no state is missed.
 */
export function recordShown(): void {
  const record: Shown[] = [];
  const notices: string[] = [];
  const noticed = new WeakSet<Element>();
  Object.assign(window, { shownStates: record, shownNotices: notices });
  let last = '';
  const find = (selector: string) => document.querySelector<HTMLElement>(selector);
  new MutationObserver(() => {
    for (const notice of document.querySelectorAll('[data-testid=notices] li')) {
      if (!noticed.has(notice)) notices.push(notice.textContent ?? '');
      noticed.add(notice);
    }
    const banner = find('[data-testid=state]');
    const shown: Shown = {
      state: banner?.dataset['state'] ?? null,
      seq: Number(banner?.dataset['seq'] ?? 0),
      banner: banner?.textContent ?? '',
      mode: find('[data-testid=transport]')?.dataset['mode'] ?? null,
      status: find('main section [data-status]')?.dataset['status'] ?? null,
      announced: find('main [role=status]')?.textContent ?? '',
    };
    const text = JSON.stringify(shown);
    if (text !== last) record.push(shown);
    last = text;
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

/** Reads a page's record in order: what lies before the last state that was found is not looked at again. */
export class ShownReader {
  readonly #page: Page;
  /** Which document was read, and how far. */
  #document = 0;
  #index = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Whether the page shows what `matches`, or has shown it since the last state that was found. */
  async has(matches: (shown: Shown) => boolean): Promise<boolean> {
    const found = (await this.read()).findIndex(matches);
    if (found > 0) this.#index += found;
    return found >= 0;
  }

  /** What the page has shown from the last found state on. */
  async read(): Promise<readonly Shown[]> {
    const read = (from: number) =>
      this.#page.evaluate((start) => {
        return { document: performance.timeOrigin, record: (window.shownStates ?? []).slice(start) };
      }, from);
    const { document, record } = await read(this.#index);
    if (document === this.#document) return record;
    this.#document = document;
    this.#index = 0;
    return (await read(0)).record;
  }
}
