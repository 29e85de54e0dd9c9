import { expect, test } from 'vitest';
import type { KeyValueStorage } from '../environment.ts';
import { recall, remember } from './memory.ts';
import type { Memory } from './session-state.ts';

/** A storage of one page; `values` is what a reader of the storage sees. */
function storage(values: Record<string, string> = {}): KeyValueStorage & { values: Record<string, string> } {
  return {
    values,
    getItem: (key) => values[key] ?? null,
    setItem: (key, value) => {
      values[key] = value;
    },
  };
}

const KEY = 'darkroom.session';

test.each<{ memory: Memory }>([
  { memory: { ws: 5, sse: 6, chosen: true } },
  { memory: { ws: 5 } },
  { memory: { sse: 6 } },
  { memory: { chosen: true } },
  { memory: {} },
])('[C8] [C9] the next session recalls $memory', ({ memory }) => {
  const page = storage();
  remember(page, memory);
  expect(Object.keys(page.values)).toEqual([KEY]);
  expect(recall(page)).toEqual(memory);
});

test('recalls nothing from an empty storage', () => {
  expect(recall(storage())).toEqual({});
});

test.each(['', '{', 'null', '7', '"text"', '[]', '{"ws":"5","sse":{},"chosen":1}', '{"chosen":false}'])(
  'recalls nothing from %j',
  (text) => {
    expect(recall(storage({ [KEY]: text }))).toEqual({});
  },
);

test('recalls nothing when the storage cannot be read', () => {
  const closed: KeyValueStorage = {
    getItem: () => {
      throw new Error('access denied');
    },
    setItem: () => {},
  };
  expect(recall(closed)).toEqual({});
});
