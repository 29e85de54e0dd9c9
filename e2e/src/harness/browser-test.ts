import { type Program, skipReason } from '@darkroom/server/src/testing/machine.ts';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { inject, type TestContext, test } from 'vitest';
import { saveEvidence } from './evidence.ts';
import { type Device, Visit } from './visit.ts';

/** What a browser test is given. */
export interface BrowserTest {
  /** Opens an address in a browser session of its own. */
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
  const prepare = async (device: Device = 'desktop', options: BrowserContextOptions = {}) => {
    const visit = await Visit.begin(await browser(), device, options);
    visits.push(visit);
    return visit;
  };
  const visit = async (url: string, device?: Device, options?: BrowserContextOptions) => {
    const prepared = await prepare(device, options);
    await prepared.page.goto(url);
    return prepared;
  };
  try {
    await Promise.race([body({ visit, prepare }), givenUp(context.signal)]);
  } catch (error) {
    await saveEvidence(context.task.name, visits);
    throw error;
  } finally {
    await Promise.all(visits.map(({ context: session }) => session.close()));
  }
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
