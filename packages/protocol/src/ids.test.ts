import { describe, expect, it } from 'vitest';
import { ConversationId, Epoch, IdempotencyKey, JobId, ListCursor, UploadId } from './ids.ts';
import { LIMITS } from './limits.ts';

const SCHEMAS = { JobId, ConversationId, UploadId, Epoch, ListCursor, IdempotencyKey };

/** What is no id of any kind, in whatever way it is written. */
const NOISE = ['\u0000', 'a\u0000', '\ud800', 'a\udfff', 'a\n', '\na', 'a\u007f', 'ğ', 'a\u0085', '🐈', '\ufeffa'];

describe.each(Object.entries(SCHEMAS))('%s', (_name, schema) => {
  it.each(['', ...NOISE, ...NOISE.map((noise) => noise.padEnd(22, 'a'))])('refuses %j', (text) => {
    expect(schema.safeParse(text).success).toBe(false);
  });

  it.each([undefined, null, 7, {}, ['a'.repeat(22)]])('refuses %j', (value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });

  it('leaves an id as it is', () => {
    const id = 'A-Za-z0-9_-'.padEnd(22, 'x');
    expect(schema.parse(id)).toBe(id);
  });
});

describe('the ids of 22 characters', () => {
  it.each([
    ['a'.repeat(21), false],
    ['a'.repeat(22), true],
    ['a'.repeat(23), false],
    [`${'a'.repeat(21)}/`, false],
    [`/${'a'.repeat(21)}`, false],
    [`${'a'.repeat(21)} `, false],
    [`${'a'.repeat(20)}..`, false],
  ])('[J1] [M1] %j: accepted %s', (id, expected) => {
    for (const schema of [JobId, ConversationId, UploadId]) expect(schema.safeParse(id).success).toBe(expected);
  });

  it.each([
    ['a'.repeat(29), false],
    ['a'.repeat(30), true],
    ['a'.repeat(31), false],
    [`${'a'.repeat(29)}/`, false],
  ])('uploads have 30 since their ids became longer: %j: accepted %s', (id, expected) => {
    expect(UploadId.safeParse(id).success).toBe(expected);
    for (const schema of [JobId, ConversationId]) expect(schema.safeParse(id).success).toBe(false);
  });

  it.each([
    ['must be a job id: 22 characters of A–Z, a–z, 0–9, - and _', JobId],
    ['must be a conversation id: 22 characters of A–Z, a–z, 0–9, - and _', ConversationId],
    ['must be an upload id: 30 characters of A–Z, a–z, 0–9, - and _', UploadId],
  ])('say what is expected: %s', (message, schema) => {
    expect(schema.safeParse('').error?.issues[0]?.message).toBe(message);
  });
});

describe('the bounds', () => {
  it.each([
    [Epoch, 32, 'e'],
    [ListCursor, 128, 'c'],
    [IdempotencyKey, LIMITS.idempotencyKeyChars, '~'],
  ])('of the others are kept', (schema, chars, letter) => {
    expect(schema.safeParse(letter.repeat(chars)).success).toBe(true);
    expect(schema.safeParse(letter.repeat(chars + 1)).success).toBe(false);
  });

  it('[R1] a key may have spaces and any visible character of ASCII', () => {
    for (const key of ['a key', 'user:abc k', '"quoted"', '~!@#$%^&*()', '__proto__'])
      expect(IdempotencyKey.parse(key)).toBe(key);
  });

  it('[R1] names what is wrong with a key', () => {
    expect(IdempotencyKey.safeParse('ğ').error?.issues[0]?.message).toBe(
      'must be of visible ASCII characters and spaces',
    );
  });
});
