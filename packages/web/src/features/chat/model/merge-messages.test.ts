import { describe, expect, it } from 'vitest';
import { pictureMessage, userMessage } from '../testing/sample-chat.ts';
import { NO_THREAD, type Thread } from './chat-state.ts';
import { withMessages, withNewest, withOlder } from './merge-messages.ts';

const thread = (ids: readonly number[], nextBefore: number | null): Thread => ({
  ...NO_THREAD,
  messages: ids.map((id) => userMessage(id)),
  nextBefore,
});
const page = (ids: readonly number[], nextBefore: number | null) => ({
  messages: ids.map((id) => userMessage(id)),
  nextBefore,
});
const ids = ({ messages }: Thread) => messages.map(({ id }) => id);

describe('withNewest', () => {
  it('[M6] keeps what is older, and where its next page begins', () => {
    const merged = withNewest(thread([1, 2, 3, 4], null), page([3, 4, 5], 3));
    expect(ids(merged)).toEqual([1, 2, 3, 4, 5]);
    expect(merged.nextBefore).toBeNull();
  });

  it('forgets what no longer touches the newest page: there would be a gap', () => {
    const merged = withNewest(thread([1, 2], null), page([7, 8], 7));
    expect(ids(merged)).toEqual([7, 8]);
    expect(merged.nextBefore).toBe(7);
  });

  it('keeps what was said after the page was read', () => {
    expect(ids(withNewest(thread([5, 6, 9], 5), page([5, 6], 5)))).toEqual([5, 6, 9]);
  });

  it('keeps the very message that did not change, and never goes back to an earlier reading', () => {
    const later = { ...pictureMessage(2, 1), updated_at: '2026-01-01T00:00:09.000Z' };
    const known = { ...NO_THREAD, messages: [userMessage(1), later], nextBefore: null };
    const merged = withNewest(known, { messages: [userMessage(1), pictureMessage(2, 1)], nextBefore: null });
    expect(merged.messages[0]).toBe(known.messages[0]);
    expect(merged.messages[1]).toBe(later);
  });
});

describe('withOlder', () => {
  it('puts a page in front', () => {
    const merged = withOlder({ ...thread([5, 6], 5), loadingOlder: true }, 5, page([3, 4], 3));
    expect(ids(merged)).toEqual([3, 4, 5, 6]);
    expect(merged).toMatchObject({ nextBefore: 3, loadingOlder: false });
  });

  it('leaves a page aside that does not follow on any more', () => {
    expect(ids(withOlder(thread([9], 9), 5, page([3, 4], 3)))).toEqual([9]);
  });
});

it('withMessages takes a turn once, however often it is told', () => {
  const once = withMessages(NO_THREAD, [userMessage(1)]);
  expect(ids(withMessages(once, [userMessage(1)]))).toEqual([1]);
});
