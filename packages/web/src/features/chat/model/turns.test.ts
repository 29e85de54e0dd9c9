import { describe, expect, it } from 'vitest';
import { pictureMessage, userMessage } from '../testing/sample-chat.ts';
import type { Draft } from './chat-state.ts';
import { sameTurn, turnsOf } from './turns.ts';

const draft: Draft = { key: 'd1', conversationId: 'c1', content: 'draw', sending: true };
const shape = (turns: ReturnType<typeof turnsOf>) =>
  turns.map(({ versions }) => versions.map(({ user, bot, draft: sent }) => [user?.id, bot?.id, sent?.key]));

describe('turnsOf', () => {
  it('puts an answer to its request, and what is on its way to the end', () => {
    const messages = [userMessage(1), userMessage(2), pictureMessage(3, 1), pictureMessage(4, 2)];
    expect(shape(turnsOf(messages, [draft]))).toEqual([
      [[1, 3, undefined]],
      [[2, 4, undefined]],
      [[undefined, undefined, 'd1']],
    ]);
  });

  it('[M7] puts versions, and one on its way, beside the first', () => {
    const messages = [
      userMessage(1),
      pictureMessage(2, 1),
      userMessage(3),
      pictureMessage(4, 3),
      userMessage(5, 1),
      pictureMessage(6, 5, { version_of: 2 }),
    ];
    const turns = turnsOf(messages, [{ ...draft, versionOf: 1 }]);
    expect(shape(turns)).toEqual([
      [
        [1, 2, undefined],
        [5, 6, undefined],
        [undefined, undefined, 'd1'],
      ],
      [[3, 4, undefined]],
    ]);
  });

  it('shows an answer whose request is on an older page', () => {
    expect(shape(turnsOf([pictureMessage(4, 3), userMessage(5)], []))).toEqual([
      [[undefined, 4, undefined]],
      [[5, undefined, undefined]],
    ]);
  });
});

describe('sameTurn', () => {
  it('is true of turns made anew from the same messages, and false when one of these changed', () => {
    const messages = [userMessage(1), pictureMessage(2, 1)];
    const [before] = turnsOf(messages, []);
    const [again] = turnsOf(messages, []);
    const [changed] = turnsOf([userMessage(1), pictureMessage(2, 1)], []);
    if (before === undefined || again === undefined || changed === undefined) throw new Error('no turn');
    expect(sameTurn(before, again)).toBe(true);
    expect(sameTurn(before, changed)).toBe(false);
  });
});
