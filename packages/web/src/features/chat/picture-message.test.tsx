// @vitest-environment happy-dom
import type { Job } from '@darkroom/protocol';
import { act, Profiler } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { messages as app } from '../../i18n/en/app.ts';
import { messages as chatTexts } from '../../i18n/en/chat.ts';
import { addMessages } from '../../i18n/translate.ts';
import { BotMessage } from './bot-message.tsx';
import { ChatContext } from './chat-context.ts';
import { Chat } from './model/chat.ts';
import { pictureMessage, sampleJob, scriptedClient } from './testing/sample-chat.ts';

const CARDS = 20;
const nothing = () => {};

/** Whether cards are in sight: a page without a layout cannot tell. */
let inSight = true;
class Observer {
  readonly #tell: (entries: readonly { readonly isIntersecting: boolean }[]) => void;

  constructor(tell: (entries: readonly { readonly isIntersecting: boolean }[]) => void) {
    this.#tell = tell;
  }

  observe() {
    this.#tell([{ isIntersecting: inSight }]);
  }

  disconnect() {}
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.stubGlobal('IntersectionObserver', Observer);
  inSight = true;
  addMessages(app);
  addMessages(chatTexts);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page of cards whose jobs are under way. */
async function showCards() {
  const { client, watch } = scriptedClient();
  const chat = new Chat(client, { getItem: () => null, setItem: nothing });
  const stop = chat.start();
  const shown = Array.from({ length: CARDS }, (_, index) => pictureMessage(index + 1, 100 + index));
  for (const { id } of shown) chat.follow(`j${id}`, { conversationId: 'c1', messageId: id });
  const renders = new Map<string, number>();
  const count = (id: string) => renders.set(id, (renders.get(id) ?? 0) + 1);
  const root = createRoot(document.createElement('div'));
  const page = (
    <ChatContext value={chat}>
      {shown.map((message) => (
        <Profiler key={message.id} id={`j${message.id}`} onRender={count}>
          <BotMessage message={message} request={undefined} root={undefined} onEdit={nothing} />
        </Profiler>
      ))}
    </ChatContext>
  );
  await act(async () => root.render(page));
  const tell = async (id: string, patch: Partial<Job>) => {
    watch(id).tell({ job: sampleJob({ id, ...patch }) });
    await act(() => vi.advanceTimersByTimeAsync(170));
  };
  for (const { id } of shown) await tell(`j${id}`, { lastEventSeq: 1 });
  renders.clear();
  const leave = async () => {
    await act(async () => root.unmount());
    stop();
  };
  return { renders, tell, leave };
}

it('[C10] news of one job renders its own card again, and no other', async () => {
  const { renders, tell, leave } = await showCards();
  for (let seq = 2; seq <= 6; seq++) await tell('j7', { lastEventSeq: seq, percent: seq });
  expect([...renders]).toEqual([['j7', 5]]);
  await leave();
});

it('[C10] out of sight nothing is rendered again but a change of status', async () => {
  inSight = false;
  const { renders, tell, leave } = await showCards();
  for (let seq = 2; seq <= 6; seq++) await tell('j7', { lastEventSeq: seq, percent: seq });
  expect([...renders]).toEqual([]);
  await tell('j7', { lastEventSeq: 7, status: 'completed' });
  expect([...renders]).toEqual([['j7', 1]]);
  await leave();
});
