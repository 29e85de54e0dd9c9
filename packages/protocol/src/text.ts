import * as z from 'zod/mini';

/** PostgreSQL refuses NUL, and half of a surrogate pair is no Unicode: UTF-8 cannot hold it. */
const FORBIDDEN = {
  controls: 'must not contain control characters',
  surrogates: 'must not contain half of a surrogate pair',
} as const;

const wellFormed = z.regex(/^\P{Cs}*$/u, FORBIDDEN.surrogates);

/** Line breaks and tabs are the only control characters of text. */
const onLines = z.regex(/^\P{Cc}*(?:[\n\r\t]\P{Cc}*)*$/u, FORBIDDEN.controls);

/** Unicode's own line and paragraph separators break a line too. */
const onOneLine = z.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, FORBIDDEN.controls);

/** Text of several lines that every database can store: trimmed, `minChars` to `maxChars` UTF-16 units. */
export const textOf = (minChars: number, maxChars: number) =>
  z.string().check(z.trim(), z.minLength(minChars), z.maxLength(maxChars), onLines, wellFormed);

/** Text of one line that every database can store: trimmed, not empty, at most `maxChars` UTF-16 units. */
export const lineOf = (maxChars: number) =>
  z.string().check(z.trim(), z.minLength(1), z.maxLength(maxChars), onOneLine, wellFormed);

const UNSTORABLE = /[^\P{Cc}\n\r\t]|\p{Cs}/gu;

/**
 * `text` as every database can store it, for text that is not refused: at most `maxChars` UTF-16 units, with U+FFFD in
 * the place of control characters other than line breaks and tabs, and of unpaired surrogates.
 */
export function toStorable(text: string, maxChars: number): string {
  return text.slice(0, maxChars).replace(UNSTORABLE, '\ufffd');
}
