import type { Page } from 'playwright-core';
import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave } from '../figures.ts';
import { openBrowser } from '../load/browser.ts';
import { countFrames, readWholeConversation, shownPercent, untilRunning } from '../load/chat-page.ts';
import { createConversation, postTurns } from '../load/conversation.ts';
import { watchMainThread } from '../load/main-thread.ts';
import { Remote } from '../remote.ts';
import type { SteppingDarkroom } from '../servers/stepping-darkroom.ts';

/** Messages of the conversation: two of each turn. */
const MESSAGES = 500;
const RUNNING = 20;
const EVENTS_PER_SECOND = 10;
const WATCHED_MS = 5_000;

interface Watched {
  readonly longest: number;
  readonly share: number;
  readonly frames: number;
}

async function watch(page: Page, play: () => Promise<unknown>): Promise<Watched> {
  const stopWatching = await watchMainThread(page);
  const [frames] = await Promise.all([countFrames(page, WATCHED_MS), play()]);
  const { share, tasks } = await stopWatching();
  return { longest: tasks[0] ?? 0, share: 100 * share, frames };
}

/** Opens the conversation with all its messages, the newest of them running. */
async function openScene(server: Remote<SteppingDarkroom>, open: (url: string, cookie: string) => Promise<Page>) {
  const base = `http://127.0.0.1:${await server.call('port')}`;
  const conversation = await createConversation(base);
  await postTurns(conversation, MESSAGES / 2 - RUNNING, { content: 'Words of a turn.', picture: false });
  await postTurns(conversation, RUNNING, { content: 'a quiet harbour at dawn', picture: true });
  const page = await open(`${base}/chat/${conversation.id}`, conversation.cookie);
  await readWholeConversation(page, MESSAGES / 2);
  await untilRunning(page, RUNNING);
  return page;
}

/** Work of a long conversation's page while many pictures are made in it, beside the same page while no event comes. */
export async function chatPageCase({ rounds }: BenchOptions): Promise<Figure[]> {
  const server = new Remote<SteppingDarkroom>('./servers/stepping-darkroom.ts');
  const browser = await openBrowser();
  try {
    const page = await openScene(server, browser.openPage);
    const plan = { count: (WATCHED_MS / 1000) * EVENTS_PER_SECOND, gapMs: 1000 / EVENTS_PER_SECOND };
    const withEvents = async () => {
      const before = await shownPercent(page);
      const watched = await watch(page, () => server.call('step', plan));
      if (!((await shownPercent(page)) > before)) throw new Error('the page does not show the events');
      return watched;
    };
    const silent = () => watch(page, async () => {});
    // The first round warms up.
    await withEvents();
    const { darkroom, yardstick } = await interleave(rounds, withEvents, silent);
    const figure = (key: keyof Watched, rest: Pick<Figure, 'name' | 'unit' | 'better'>): Figure => ({
      ...rest,
      darkroom: darkroom.map((round) => round[key]),
      yardstick: yardstick.map((round) => round[key]),
    });
    return [
      figure('longest', { name: 'chat page: longest task, its own CPU time', unit: 'ms', better: 'lower' }),
      figure('share', { name: 'chat page: main thread, of a core', unit: '%', better: 'lower' }),
      figure('frames', { name: `chat page: frames in ${WATCHED_MS / 1000} s`, unit: 'frames', better: 'higher' }),
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
