import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { lineOf, textOf, toStorable } from './text.ts';

const text = textOf(1, 10);
const line = lineOf(10);
const problem = (schema: typeof text, value: string) => schema.safeParse(value).error?.issues[0]?.message;

const CONTROLS = 'must not contain control characters';
const SURROGATES = 'must not contain half of a surrogate pair';

/** All of Unicode's control characters. */
const controls = Array.from({ length: 0xa0 }, (_none, code) => String.fromCharCode(code)).filter((char) =>
  /\p{Cc}/u.test(char),
);

describe('textOf and lineOf', () => {
  it.each(['🐈', 'ğüşiöç', '猫', '👩‍👩‍👧', '\u202eabc', 'e\u0301', '\ufffe', '\u{10ffff}'])('take %j', (value) => {
    expect(text.parse(value)).toBe(value);
    expect(line.parse(value)).toBe(value);
  });

  it('refuse every control character wherever it stands, but for line breaks and tabs in text', () => {
    expect(controls).toHaveLength(65);
    for (const control of controls)
      for (const value of [`a${control}b`, `${control}a`, `a${control}`]) {
        const isTrimmed = value.trim() !== value;
        const isBreak = ['\n', '\r', '\t'].includes(control);
        expect(problem(text, value), JSON.stringify(value)).toBe(isTrimmed || isBreak ? undefined : CONTROLS);
        expect(problem(line, value), JSON.stringify(value)).toBe(isTrimmed ? undefined : CONTROLS);
      }
  });

  it('lineOf refuses the separators of lines and paragraphs too', () => {
    for (const separator of ['\u2028', '\u2029']) {
      expect(problem(line, `a${separator}b`)).toBe(CONTROLS);
      expect(problem(text, `a${separator}b`)).toBeUndefined();
    }
  });

  it.each(['\ud800', '\udfff', 'a\ud83d', '\udc08a', '\udc08\ud83d', '🐈\ud83d'])('refuse %j', (value) => {
    expect(problem(text, value)).toBe(SURROGATES);
    expect(problem(line, value)).toBe(SURROGATES);
  });

  it('trim first, and count what is left', () => {
    const spaces = '\ufeff \n\t\u00a0\u2028';
    expect(text.parse(`${spaces}${'a'.repeat(10)}${spaces}`)).toBe('a'.repeat(10));
    expect(line.parse(`${spaces}a${spaces}`)).toBe('a');
    expect(text.safeParse('a'.repeat(11)).success).toBe(false);
    expect(text.safeParse(spaces).success).toBe(false);
    expect(line.safeParse(spaces).success).toBe(false);
    expect(textOf(0, 10).parse(spaces)).toBe('');
  });

  it('are checked in linear time, whatever the text is made of', () => {
    const long = z.array(textOf(1, 1_000_000));
    for (const part of ['\n', 'a\n', '\t\r', 'a', '🐈'])
      for (const end of ['\u0000', '\ud800']) expect(long.safeParse([part.repeat(32_000) + end]).success).toBe(false);
  });
});

describe('toStorable', () => {
  it('replaces what cannot be stored, and leaves the rest', () => {
    expect(toStorable('a\u0000b\u001b\u0085 🐈\ud83d\n\r\t', 100)).toBe('a\ufffdb\ufffd\ufffd 🐈\ufffd\n\r\t');
  });

  it('makes text that is accepted of any text', () => {
    const refused = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => {
      const stored = toStorable(`a${String.fromCharCode(code)}b`, 10);
      return !text.safeParse(stored).success;
    });
    expect(refused).toEqual([]);
  });

  it('is bounded, also where the bound splits a character', () => {
    expect(toStorable('a'.repeat(20), 10)).toBe('a'.repeat(10));
    expect(toStorable('a🐈b', 2)).toBe('a\ufffd');
  });
});
