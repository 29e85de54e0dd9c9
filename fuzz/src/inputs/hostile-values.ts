import fc, { type Arbitrary } from 'fast-check';
import { RawFields, RawJson } from './raw-json.ts';

const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '\ufeffa lighthouse',
  '\u200b\u200b\u200b',
  '\u202e\u2066',
  '\u0085\u2028\u2029',
  '\u001b[31m',
  '\r\nSet-Cookie: a=b',
  '\uffff\ufffe',
  'ẞ\u0301'.repeat(50),
  '👩‍👩‍👧‍👦'.repeat(60),
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  '..',
  '../../etc/passwd',
  '....//',
  '/',
  '\\',
  '%00',
  '%2e%2e%2f',
  '%',
  '%zz',
  '%ff%fe',
  "' or 1=1 --",
  '{{7*7}}',
  '<svg onload=alert(1)>',
  'javascript:alert(1)',
  'undefined',
  'null',
  'true',
  'NaN',
  '-1',
  '1e309',
  '49.99999999999996',
  '9007199254740993',
  '0x10',
  '１２',
  '9'.repeat(400),
  '2026-13-45T99:99:99Z',
  '*',
  ',',
  ';',
  'a'.repeat(23),
  'a'.repeat(5_000),
  '\u0000'.repeat(2_000),
];

/** Texts that programs have stumbled over, and any others. */
export const hostileTexts: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  // Any UTF-16 units, so unpaired surrogates, too.
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
      .map((units) => String.fromCharCode(...units)),
  },
);

const NUMBERS = [
  -1,
  -0,
  0.5,
  1e-320,
  1e21,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  4_294_967_296,
];

/** JSON in bytes that no serializer writes. */
const RAW = [
  'NaN',
  '-Infinity',
  '1e999',
  '-1e999',
  '01',
  '0x1f',
  '9007199254740993',
  '49.99999999999996',
  '.5',
  '1.',
  '"\\ud800"',
  '"\\u0000"',
  '"\\ud800\\u0041"',
  '"\xff\xfe"',
  '"\xed\xa0\x80"',
  '"\xc0\x80"',
  '"\xf5\x90\x80\x80"',
  '"\x00"',
  '"unterminated',
  "'single'",
  '/* comment */ 1',
  '{"a":1,}',
  '[1,,2]',
  '\xef\xbb\xbf1',
  '1'.repeat(5_000),
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`,
  '',
];

/** A value for the place of any other: of the wrong type, too large, too deep, or no JSON at all. */
export const hostileValues: Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: hostileTexts },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(...RAW).map((bytes) => new RawJson(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, [], {}, [[]], [null], { length: 1e9 }, { toString: 1 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
);

/** Names for fields that nobody declared. */
const names = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'toJSON', ''), hostileTexts);

/** A body that is valid but for one thing: a field replaced, missing, added or doubled. */
export function spoil(body: unknown): Arbitrary<unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return hostileValues;
  const fields = Object.entries(body);
  const edits: Arbitrary<unknown>[] = [
    hostileValues,
    fc.tuple(names, hostileValues).map(([name, value]) => new RawFields([...fields, [name, value]])),
  ];
  for (const [index, [name, value]] of fields.entries()) {
    const without = fields.toSpliced(index, 1);
    edits.push(
      hostileValues.map((bad) => new RawFields([...without, [name, bad]])),
      fc.constant(new RawFields(without)),
      hostileValues.map((bad) => new RawFields([...fields, [name, bad]])),
    );
    if (typeof value === 'object' && value !== null)
      edits.push(spoil(value).map((bad) => new RawFields([...without, [name, bad]])));
  }
  return fc.oneof(...edits);
}
