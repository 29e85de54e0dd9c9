import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave, percentile } from '../figures.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import type { MessageStoreYardstick } from '../yardsticks/message-store.ts';

const MESSAGES = 10_000;
const PAGE = 100;
/** Turns that are posted at the same time. */
const TOGETHER = 50;

interface Messages {
  readonly messages: readonly unknown[];
}

/** Makes a conversation of so many messages, half of them finished pictures; answers its address and the cookie of its owner. */
async function fill(base: string, count: number) {
  const json = { 'content-type': 'application/json' };
  const made = await fetch(`${base}/api/conversations`, { method: 'POST', headers: json, body: '{}' });
  const { conversation } = (await made.json()) as { conversation: { id: string } };
  const cookie = made.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const url = `${base}/api/conversations/${conversation.id}/messages`;
  const body = JSON.stringify({ content: 'a lighthouse on a cliff at dusk', picture: true });
  for (let left = count / 2; left > 0; left -= TOGETHER) {
    const posts = Array.from({ length: Math.min(TOGETHER, left) }, async () => {
      const response = await fetch(url, { method: 'POST', headers: { ...json, cookie }, body });
      if (response.status !== 201) throw new Error(await response.text());
    });
    await Promise.all(posts);
  }
  return { url: `${url}?limit=${PAGE}`, cookie };
}

/** ms of the slowest but one in a hundred openings, one after the other. */
async function open(url: string, cookie: string, times: number): Promise<number> {
  const took: number[] = [];
  for (let count = 0; count < times; count++) {
    const startedAt = performance.now();
    const { messages } = (await (await fetch(url, { headers: { cookie } })).json()) as Messages;
    took.push(performance.now() - startedAt);
    if (messages.length !== PAGE) throw new Error(`${messages.length} messages came`);
  }
  return percentile(took, 99);
}

/** Opening a conversation of 10,000 messages: its newest page, beside bare SQLite. */
export async function conversationCase({ rounds, quick }: BenchOptions): Promise<Figure[]> {
  const darkroom = new Remote<DarkroomServer>('./servers/darkroom.ts');
  const yardstick = new Remote<MessageStoreYardstick>('./yardsticks/message-store.ts');
  try {
    const { port } = await darkroom.call('finished');
    const { url, cookie } = await fill(`http://127.0.0.1:${port}`, MESSAGES);
    const { messages } = (await (await fetch(url, { headers: { cookie } })).json()) as Messages;
    const bare = await yardstick.call('open', { count: MESSAGES, sample: messages.at(-1) });
    const times = quick ? 100 : 500;
    const openDarkroom = () => open(url, cookie, times);
    const openYardstick = () => open(`http://127.0.0.1:${bare}/one/${PAGE}`, cookie, times);
    await openDarkroom();
    await openYardstick();
    const played = await interleave(rounds, openDarkroom, openYardstick);
    return [{ name: 'open a conversation of 10,000, p99', unit: 'ms', better: 'lower', ...played }];
  } finally {
    await Promise.all([darkroom.stop(), yardstick.stop()]);
  }
}
