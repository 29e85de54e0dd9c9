import { type Program, skipReason } from '@darkroom/server/src/testing/machine.ts';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { inject, type TestContext, test } from 'vitest';
import { saveEvidence } from './evidence.ts';
import { borrowSession } from './session-pool.ts';
import { type Device, Visit } from './visit.ts';

/** What a browser test is given. */
export interface BrowserTest {
  /** Opens an address in a browser session of its own, in which nothing may be done that cannot be undone. */
  visit(url: string, device?: Device, options?: BrowserContextOptions): Promise<Visit>;
  /** A session whose page is still empty, to be prepared before it goes anywhere. */
  prepare(device?: Device, options?: BrowserContextOptions): Promise<Visit>;
}

interface BrowserTestOptions {
  /** What it needs of the machine beside Chromium. */
  readonly needs?: readonly Program[];
}

let connection: Promise<Browser> | undefined;

function browser(): Promise<Browser> {
  const endpoint = inject('browserEndpoint');
  if (endpoint === undefined) throw new Error('there is no browser in this run');
  connection ??= chromium.connect(endpoint);
  return connection;
}

/** Rejects when the runner gives the test up, so that there is still evidence. */
function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the test took too long')));
  });
}

async function perform(context: TestContext, body: (browserTest: BrowserTest) => Promise<void>): Promise<void> {
  const visits: Visit[] = [];
  /** How each session is left behind by a test that has passed. */
  const endings: (() => Promise<void>)[] = [];
  const prepare = async (device: Device = 'desktop', options: BrowserContextOptions = {}) => {
    const visit = await Visit.begin(await browser(), device, options);
    visits.push(visit);
    endings.push(() => visit.context.close());
    return visit;
  };
  const visit = async (url: string, device: Device = 'desktop', options: BrowserContextOptions = {}) => {
    const session = await borrowSession(await browser(), device, options);
    visits.push(session.visit);
    endings.push(session.giveBack);
    await session.visit.page.goto(url);
    return session.visit;
  };
  try {
    await Promise.race([body({ visit, prepare }), givenUp(context.signal)]);
  } catch (error) {
    await saveEvidence(context.task.name, visits);
    await Promise.all(visits.map(({ context: session }) => session.close()));
    throw error;
  }
  await Promise.all(endings.map((end) => end()));
}

/** A test in a browser. When it fails, it leaves evidence. */
export function browserTest(
  title: string,
  body: (browserTest: BrowserTest) => Promise<void>,
  { needs = [] }: BrowserTestOptions = {},
): void {
  test(title, async (context) => {
    for (const program of ['chromium', ...needs] as const) {
      const reason = skipReason(program);
      if (reason !== undefined) return context.skip(reason);
    }
    await perform(context, body);
  });
}
