import type { Page } from 'playwright-core';

/** One entry of Chromium's own record of what its threads do; times are microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Time that the thread itself ran. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** What a page's main thread did while it was watched. */
export interface Work {
  /** Part of a core that it took. */
  readonly share: number;
  /** The time that each task took of a core, in ms, longest first: without what it waited for one on a busy machine. */
  readonly tasks: readonly number[];
}

function workIn(trace: Buffer, watchedMs: number): Work {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const threads = new Map<string, number[]>();
  for (const { name, pid, tid, args } of traceEvents)
    if (name === 'thread_name' && args?.name === 'CrRendererMain') threads.set(`${pid} ${tid}`, []);
  for (const { name, pid, tid, tdur } of traceEvents)
    if (name === 'ThreadControllerImpl::RunTask' && tdur !== undefined) threads.get(`${pid} ${tid}`)?.push(tdur / 1000);
  const sum = (tasks: readonly number[]) => tasks.reduce((total, ms) => total + ms, 0);
  // A browser keeps idle ones besides.
  const busiest = [...threads.values()].sort((a, b) => sum(b) - sum(a))[0] ?? [];
  return { share: sum(busiest) / watchedMs, tasks: busiest.sort((a, b) => b - a) };
}

/** Watches the main thread of a page until the answered function is called. No other page may be at work meanwhile. */
export async function watchMainThread(page: Page): Promise<() => Promise<Work>> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page belongs to no browser');
  await browser.startTracing(page, { categories: ['toplevel'] });
  const began = performance.now();
  return async () => {
    const watchedMs = performance.now() - began;
    return workIn(await browser.stopTracing(), watchedMs);
  };
}
