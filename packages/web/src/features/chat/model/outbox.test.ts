// @vitest-environment happy-dom
import { DarkroomError } from '@darkroom/client';
import { type ApiErrorCode, apiError } from '@darkroom/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { type ChatState, type Draft, NOTHING } from './chat-state.ts';
import { Outbox } from './outbox.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An outbox whose server refuses everything with `answer.code`, as long as there is one. */
function open(drafts: readonly Draft[] = []) {
  const answer: { code: ApiErrorCode | undefined; retryAfterMs: number | undefined } = {
    code: undefined,
    retryAfterMs: undefined,
  };
  const store = createStore<ChatState>()(() => ({ ...NOTHING, drafts }));
  const heard: string[] = [];
  const keys = new Set<string>();
  const outbox = new Outbox(store, async ({ key, content }) => {
    heard.push(content);
    keys.add(key);
    await Promise.resolve();
    if (answer.code !== undefined)
      throw new DarkroomError(apiError(answer.code), { retryAfterMs: answer.retryAfterMs });
    store.setState((state) => ({ drafts: state.drafts.filter((draft) => draft.key !== key) }));
  });
  const stop = outbox.start();
  const say = (content: string) => outbox.add({ content, conversationId: 'c1' });
  return { outbox, store, heard, keys, answer, say, stop, first: () => store.getState().drafts[0]?.key ?? '' };
}

it('what nobody answered is sent again by itself, rarer and rarer, in the order in which it was said', async () => {
  const { store, heard, keys, answer, say, stop } = open();
  answer.code = 'NETWORK_DISCONNECTED';
  await say('one');
  await say('two');
  expect(store.getState().drafts.map(({ failure }) => failure)).toEqual([{}, {}]);
  heard.length = 0;
  await vi.advanceTimersByTimeAsync(1_999);
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(heard).toEqual(['one']);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(heard).toEqual(['one', 'one']);
  answer.code = undefined;
  await vi.advanceTimersByTimeAsync(8_000);
  expect(heard).toEqual(['one', 'one', 'one', 'two']);
  expect(store.getState().drafts).toEqual([]);
  expect(keys.size).toBe(2);
  stop();
});

it('while one is on its way, those behind it wait for it', async () => {
  const { outbox, store, heard, say, stop } = open();
  const saying = [say('one'), say('two')];
  window.dispatchEvent(new Event('online'));
  outbox.reached();
  expect(heard).toEqual(['one']);
  expect(store.getState().drafts.map(({ sending }) => sending)).toEqual([true, false]);
  await Promise.all(saying);
  expect(heard).toEqual(['one', 'two']);
  stop();
});

it('a full queue is asked again no sooner than it said; that the server can be reached is no news to it', async () => {
  const { outbox, heard, answer, say, stop } = open();
  Object.assign(answer, { code: 'QUEUE_FULL', retryAfterMs: 20_000 });
  await say('one');
  outbox.reached();
  await vi.advanceTimersByTimeAsync(19_999);
  expect(heard).toEqual(['one']);
  await vi.advanceTimersByTimeAsync(1);
  expect(heard).toEqual(['one', 'one']);
  stop();
});

it('a network that is back, or a server that is heard, is reason to send at once', async () => {
  const { outbox, heard, answer, say, stop } = open();
  answer.code = 'NETWORK_DISCONNECTED';
  await say('one');
  outbox.reached();
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual(['one', 'one']);
  answer.code = undefined;
  window.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual(['one', 'one', 'one']);
  stop();
});

it.each(['INVALID_REQUEST', 'SERVER_ERROR'] as const)(
  '%s is not sent again by itself; other words are another request',
  async (code) => {
    const { outbox, store, heard, keys, answer, say, first, stop } = open();
    answer.code = code;
    await say('one');
    await vi.advanceTimersByTimeAsync(600_000);
    window.dispatchEvent(new Event('online'));
    expect(heard).toEqual(['one']);
    answer.code = undefined;
    await outbox.reword(first(), 'two');
    expect(heard).toEqual(['one', 'two']);
    expect(keys.size).toBe(2);
    expect(store.getState().drafts).toEqual([]);
    stop();
  },
);

it('whose words are being changed is left alone, until they are as they were', async () => {
  const { outbox, heard, answer, say, first, stop } = open();
  answer.code = 'NETWORK_DISCONNECTED';
  await say('one');
  outbox.edit(first(), true);
  answer.code = undefined;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(heard).toEqual(['one']);
  outbox.edit(first(), false);
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual(['one', 'one']);
  stop();
});

it('what was on its way when the page was closed is sent again under its own key', async () => {
  const { keys, stop } = open([{ key: 'kept', content: 'one', conversationId: 'c1', sending: false }]);
  await vi.advanceTimersByTimeAsync(0);
  expect([...keys]).toEqual(['kept']);
  stop();
});
