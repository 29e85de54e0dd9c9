import { type JobStatus, ProgressEvent, type TransportMode } from '@darkroom/protocol';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Shown, ShownReader } from './shown.ts';
import { eventually } from './until.ts';
import type { Visit } from './visit.ts';

/** One line of the event table, as it is read. */
export interface Row {
  readonly seq: number;
  /** Time, stage, message and percent. */
  readonly cells: readonly string[];
  readonly hasPreview: boolean;
}

/** In the page: scrolls through the whole table and reads it. Only the rows in sight are in the page at any time. */
async function readTable(grid: Element): Promise<Row[]> {
  const box = grid.parentElement;
  if (box === null) throw new Error('the table has no box');
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const has = (index: number) => grid.querySelector(`[data-index="${index}"]`) !== null;
  /** The rows between the head and the lower edge are there: a frame may be painted before those scrolled to are rendered. */
  const inSight = () => {
    const last = Number(grid.getAttribute('aria-rowcount')) - 2;
    return (
      has(Math.floor(box.scrollTop / 36)) &&
      has(Math.min(last, Math.floor((box.scrollTop + box.clientHeight - 37) / 36)))
    );
  };
  const rows = new Map<number, Row>();
  const before = box.scrollTop;
  for (let top = 0; ; top += Math.max(36, box.clientHeight - 108)) {
    box.scrollTop = top;
    do await painted();
    while (!inSight());
    const seqs: number[] = [];
    for (const row of grid.querySelectorAll<HTMLTableRowElement>('tbody tr[data-seq]')) {
      const seq = Number(row.dataset['seq']);
      seqs.push(seq);
      const cells = [...row.cells].slice(0, 4).map((cell) => cell.textContent.trim());
      rows.set(seq, { seq, cells, hasPreview: row.querySelector('svg') !== null });
    }
    const sorted = seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1);
    if (!sorted) throw new Error(`rows out of order: ${seqs.join(', ')}`);
    if (top + box.clientHeight >= box.scrollHeight) break;
  }
  box.scrollTop = before;
  return [...rows.values()];
}

/** The progress page, as its reader knows it. */
export class JobPage {
  readonly visit: Visit;
  readonly page: Page;
  /** The banner of the page's state. */
  readonly banner: Locator;
  readonly chip: Locator;
  /** The big picture: preview or result. */
  readonly picture: Locator;
  readonly table: Locator;
  readonly liveRegion: Locator;
  readonly #shown: ShownReader;

  constructor(visit: Visit) {
    const { page } = visit;
    this.visit = visit;
    this.page = page;
    this.banner = page.getByTestId('state');
    this.chip = page.getByTestId('transport');
    this.picture = page.getByTestId('preview').locator('img').last();
    this.table = page.getByRole('grid', { name: 'Events' });
    this.#shown = new ShownReader(page);
    this.liveRegion = page.getByRole('main').getByRole('status').first();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Presses a button of a page that recovers by itself, too: then there may be nothing to press any more. */
  async pressUnlessGone(name: string): Promise<void> {
    const button = this.button(name);
    await Promise.any([button.click(), button.waitFor({ state: 'detached' })]);
  }

  /** Waits until the page is, or has been since the last expectation, in this state. */
  expectState(state: string): Promise<void> {
    return this.#expectShown(`state ${state}`, (shown) => shown.state === state);
  }

  expectMode(mode: TransportMode): Promise<void> {
    return this.#expectShown(`mode ${mode}`, (shown) => shown.mode === mode);
  }

  expectStatus(status: JobStatus): Promise<void> {
    return this.#expectShown(`status ${status}`, (shown) => shown.status === status);
  }

  /** Waits until the banner says this, anywhere in it; nothing: there is no banner. */
  expectBanner(text: string | RegExp): Promise<void> {
    const says = (banner: string) => (typeof text === 'string' ? banner.includes(text) : text.test(banner));
    return this.#expectShown(`banner “${text}”`, ({ banner }) => (text === '' ? banner === '' : says(banner)));
  }

  /** Waits until screen readers are told this. */
  expectAnnounced(text: string): Promise<void> {
    return this.#expectShown(`announcement “${text}”`, (shown) => shown.announced === text);
  }

  /** `seq` of the newest event that the page shows. */
  async lastSeq(): Promise<number> {
    return Number(await this.banner.getAttribute('data-seq'));
  }

  /** Waits until the page shows this event. */
  expectSeq(seq: number): Promise<void> {
    return this.#expectShown(`event ${seq}`, (shown) => shown.seq >= seq);
  }

  /** Each expectation begins where the one before it was met: no state between two of them is missed. */
  async #expectShown(what: string, matches: (shown: Shown) => boolean): Promise<void> {
    await eventually(async () => ((await this.#shown.has(matches)) ? what : await this.#shown.read())).toBe(what);
  }

  /** The whole event table. A tab behind another one paints no frames, so this one comes to the front. */
  async rows(): Promise<Row[]> {
    await this.page.bringToFront();
    return this.table.evaluate(readTable);
  }

  /** The page's own events, from “Raw event details”, oldest first. */
  async rawEvents(): Promise<ProgressEvent[]> {
    const details = this.page.locator('details', { hasText: 'Raw event details' });
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
    const json: unknown = JSON.parse((await this.page.getByLabel('Newest events as JSON').textContent()) ?? '');
    if (!Array.isArray(json)) throw new Error('the raw details are no list');
    return json.map((event) => ProgressEvent.parse(event)).reverse();
  }

  /** Nothing lost, nothing twice: the events are exactly those of the server's log, in the table and in the raw details. */
  async expectWholeLog(log: readonly ProgressEvent[]): Promise<void> {
    const seqs = log.map((_event, index) => index + 1);
    expect((await this.rawEvents()).map((event) => event.seq)).toEqual(seqs);
    expect(await this.rawEvents()).toEqual(log);
    expect((await this.rows()).map((row) => row.seq)).toEqual(seqs);
  }

  /** Waits for a picture that is really painted; `final`: the result, not a preview. */
  async expectPicture(final: boolean): Promise<void> {
    const frame = this.page.getByTestId('preview');
    await eventually(() => frame.getAttribute('data-final')).toBe(String(final));
    await eventually(() => this.picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
  }
}
