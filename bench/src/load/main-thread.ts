import type { Page } from 'playwright-core';

/** One entry of Chromium's own record of what its threads do; times are microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Time that the thread itself ran. */
  readonly tdur?: number;
}

const TASK = 'ThreadControllerImpl::RunTask';
/** What a page writes into the record, so that it is known by it. */
const MARK = 'the page that is watched';

/** What a page's main thread did while it was watched. */
export interface Work {
  /** Part of a core that it took. */
  readonly share: number;
  /** The time that each task took of a core, in ms, longest first: without what it waited for one on a busy machine. */
  readonly tasks: readonly number[];
}

function workIn(trace: Buffer, watchedMs: number): Work {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const mark = traceEvents.find(({ name }) => name === MARK);
  if (mark === undefined) throw new Error('the page is not in the record');
  const tasks = traceEvents
    .filter(({ name, pid, tid }) => name === TASK && pid === mark.pid && tid === mark.tid)
    .map(({ tdur = 0 }) => tdur / 1000)
    .sort((a, b) => b - a);
  return { share: tasks.reduce((sum, ms) => sum + ms, 0) / watchedMs, tasks };
}

/** Watches the main thread of a page until the answered function is called. A browser keeps one such record at a time. */
export async function watchMainThread(page: Page): Promise<() => Promise<Work>> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page belongs to no browser');
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  await page.evaluate((mark) => performance.mark(mark), MARK);
  const began = performance.now();
  return async () => {
    const watchedMs = performance.now() - began;
    return workIn(await browser.stopTracing(), watchedMs);
  };
}
