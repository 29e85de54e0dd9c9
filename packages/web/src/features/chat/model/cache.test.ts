import { describe, expect, it } from 'vitest';
import { sampleJob, userMessage } from '../testing/sample-chat.ts';
import { keep, recall } from './cache.ts';
import { type ChatState, NO_THREAD, NOTHING } from './chat-state.ts';

function memory() {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  };
}

const AT = '2026-01-01T00:00:00.000Z';
const job = {
  conversationId: 'c1',
  messageId: 2,
  job: sampleJob({ percent: 40 }),
  queue: undefined,
  notice: undefined,
  previewUrl: undefined,
  since: undefined,
  leftMs: undefined,
  heardAt: 0,
  lost: false,
  silent: true,
};
const state: ChatState = {
  ...NOTHING,
  conversations: [{ id: 'c1', title: 'Boats', createdAt: AT, updatedAt: AT }],
  threads: {
    c1: { ...NO_THREAD, messages: Array.from({ length: 90 }, (_, id) => userMessage(id + 1)), nextBefore: null },
  },
  drafts: [{ key: 'k', conversationId: 'c1', content: 'draw', sending: true }],
  jobs: { j1: job },
  active: ['j1'],
};

describe('[C9] the last state', () => {
  it('comes back bounded, with what was on its way as not sent', () => {
    const storage = memory();
    keep(storage, state, 'me');
    const back = recall(storage, 'me');
    expect(back.conversations).toEqual(state.conversations);
    expect(back.threads['c1']?.messages.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, id) => id + 51));
    expect(back.threads['c1']?.nextBefore).toBe(51);
    expect(back.drafts).toEqual([expect.objectContaining({ key: 'k', content: 'draw', sending: false })]);
    expect(back.jobs['j1']).toMatchObject({ job: { percent: 40 }, silent: false });
    expect(back.active).toEqual(['j1']);
  });

  it.each(['', 'null', '{"conversations":3}', 'x'])('that cannot be read (%j) is none', (text) => {
    const storage = memory();
    keep(storage, state, 'me');
    for (const key of storage.values.keys()) storage.values.set(key, text);
    expect(recall(storage, 'me')).toEqual(NOTHING);
  });

  it('is nobody else’s: who has become another owner does not find it', () => {
    const storage = memory();
    keep(storage, state, '');
    expect(recall(storage, '').active).toEqual(['j1']);
    expect(recall(storage, 'me')).toEqual(NOTHING);
  });

  it('is not missed where the browser has no room for it', () => {
    const full = {
      setItem: () => {
        throw new Error('full');
      },
    };
    expect(() => keep(full, state, 'me')).not.toThrow();
  });
});
