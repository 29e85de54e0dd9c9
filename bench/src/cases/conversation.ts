import type { BenchOptions } from '../bench-options.ts';
import { type Figure, interleave, percentile } from '../figures.ts';
import { createConversation, postTurns } from '../load/conversation.ts';
import { Remote } from '../remote.ts';
import type { DarkroomServer } from '../servers/darkroom.ts';
import type { MessageStoreYardstick } from '../yardsticks/message-store.ts';

const MESSAGES = 10_000;
const PAGE = 100;

interface Messages {
  readonly messages: readonly unknown[];
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
    const conversation = await createConversation(`http://127.0.0.1:${port}`);
    await postTurns(conversation, MESSAGES / 2, { content: 'a lighthouse on a cliff at dusk', picture: true });
    const { cookie } = conversation;
    const url = `${conversation.url}?limit=${PAGE}`;
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
