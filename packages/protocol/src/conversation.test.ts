import { describe, expect, it } from 'vitest';
import {
  AddVersionRequest,
  ConversationTitle,
  CreateConversationRequest,
  IMAGE_PENDING,
  imageContent,
  PostMessageRequest,
  RenameConversationRequest,
} from './conversation.ts';
import { LIMITS } from './limits.ts';

describe('ConversationTitle', () => {
  it.each([
    ['B', true],
    ['Boats & sea 🛶 ğüş', true],
    ['', false],
    [' \t\n ', false],
    ['t'.repeat(LIMITS.titleChars), true],
    ['t'.repeat(LIMITS.titleChars + 1), false],
    [` ${'t'.repeat(LIMITS.titleChars)} `, true],
    ['two\nlines', false],
    ['a\ttab', false],
    ['\u0000a', false],
    ['a\u001b', false],
    ['a\u0085b', false],
    [7, false],
  ])('[M2] %j: accepted %s', (title, expected) => {
    expect(ConversationTitle.safeParse(title).success).toBe(expected);
    for (const schema of [CreateConversationRequest, RenameConversationRequest])
      expect(schema.safeParse({ title }).success).toBe(expected);
  });

  it('[M2] is trimmed', () => {
    expect(ConversationTitle.parse('  Boats \n')).toBe('Boats');
  });

  it('[M2] names what is wrong with it', () => {
    expect(ConversationTitle.safeParse('a\u0000b').error?.issues[0]?.message).toBe(
      'must not contain control characters',
    );
  });
});

describe('a message that asks for an image', () => {
  it.each([
    [{}, true],
    [{ options: {} }, true],
    [{ options: { steps: LIMITS.maxSteps } }, true],
    [{ options: { steps: LIMITS.maxSteps + 1 } }, false],
    [{ options: { stepz: 5 } }, false],
    [{ content: 'p'.repeat(LIMITS.promptChars) }, true],
    [{ content: 'p'.repeat(LIMITS.promptChars + 1) }, false],
    [{ content: '  ' }, false],
    [{ content: 'a\u0000b' }, false],
  ])('[M3][M7] with %j: accepted %s', (fields, expected) => {
    for (const schema of [PostMessageRequest, AddVersionRequest])
      expect(schema.safeParse({ content: 'draw a boat', ...fields }).success).toBe(expected);
  });

  it('[M5] is answered with a content that says where its image is', () => {
    expect(IMAGE_PENDING).toBe('[IMAGE_PENDING]');
    expect(imageContent('/api/jobs/x/images/1.png')).toBe('[IMAGE] IMAGE_PATH: /api/jobs/x/images/1.png');
  });
});
