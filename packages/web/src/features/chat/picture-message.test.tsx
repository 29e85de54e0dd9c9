// @vitest-environment happy-dom
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

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  addMessages(app);
  addMessages(chatTexts);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('[C10] news of one job renders its own card again, and no other', async () => {
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
  for (const { id } of shown) watch(`j${id}`).tell({ job: sampleJob({ id: `j${id}`, lastEventSeq: 1 }) });
  await act(() => vi.advanceTimersByTimeAsync(170));
  renders.clear();
  for (let seq = 2; seq <= 6; seq++) {
    watch('j7').tell({ job: sampleJob({ id: 'j7', lastEventSeq: seq, percent: seq }) });
    await act(() => vi.advanceTimersByTimeAsync(170));
  }
  expect([...renders]).toEqual([['j7', 5]]);
  await act(async () => root.unmount());
  stop();
});
