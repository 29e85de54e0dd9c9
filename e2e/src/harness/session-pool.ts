import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type Device, Visit } from './visit.ts';

/** Sessions that no test uses at the moment, by what they were begun with. */
const idle = new Map<string, Visit[]>();

interface Borrowed {
  readonly visit: Visit;
  /** Keeps the session for the next test, if nothing is left in it of this one. */
  giveBack(): Promise<void>;
}

function refuse(name: string): never {
  throw new Error(`${name} cannot be undone, and other tests use this session after this one: begin with “prepare”`);
}

/** Lets nothing be done to the session that lasts as long as it does. */
function guard({ page, context }: Visit): void {
  const lasting = [
    [page, ['addInitScript', 'exposeBinding', 'exposeFunction', 'routeWebSocket', 'emulateMedia']],
    [page.clock, ['install', 'setFixedTime', 'setSystemTime']],
    [context, ['addInitScript', 'exposeBinding', 'exposeFunction', 'routeWebSocket', 'setExtraHTTPHeaders']],
  ] as const;
  for (const [owner, names] of lasting) {
    for (const name of names) Object.defineProperty(owner, name, { value: () => refuse(name) });
  }
}

/**
 * Lends a session in which nothing has happened. It may have served tests before: in a renderer that has run the web app
 * once, a page costs a third of the CPU time that it takes in a new one.
 */
export async function borrowSession(
  browser: Browser,
  device: Device,
  options: BrowserContextOptions,
): Promise<Borrowed> {
  const key = JSON.stringify([device, options]);
  const kept = idle.get(key)?.pop();
  const visit = kept ?? (await Visit.begin(browser, device, options));
  if (kept === undefined) guard(visit);
  const keep = () => void idle.set(key, [...(idle.get(key) ?? []), visit]);
  return { visit, giveBack: () => visit.clear(device).then(keep, () => visit.context.close()) };
}
