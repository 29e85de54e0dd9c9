import { expect, test } from 'vitest';
import { SseParser } from './sse-parser.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string, size = text.length * 4) => {
  const parser = new SseParser();
  const all = bytes(text);
  const messages = [];
  for (let at = 0; at < all.length; at += size) messages.push(...parser.push(all.slice(at, at + size)));
  return messages.map(({ event, data }) => [event, data]);
};

const STREAM =
  '\uFEFF: hello\nretry: 1500\nevent: job\r\ndata: {"a":1}\r\n\r\nid: 7\rdata: über\rdata:  ❄🎨\r\rdata\n\nid: x\n\nevent: e\nfoo: bar\ndata:1\n\n';

test('[S1] reads LF, CRLF and CR, several data lines, comments, unknown fields and a byte order mark', () => {
  expect(read(STREAM)).toEqual([
    ['job', '{"a":1}'],
    ['message', 'über\n ❄🎨'],
    ['message', ''],
    ['e', '1'],
  ]);
});

test('[S1] reads the same wherever the chunks are cut, also inside a character', () => {
  const whole = read(STREAM);
  for (let size = 1; size <= 40; size += 1) expect(read(STREAM, size), `chunks of ${size}`).toEqual(whole);
});

test('[S1] keeps the last id; an id with a NUL is none; retry takes digits only', () => {
  const parser = new SseParser();
  const ids = parser
    .push(bytes('id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\nid\ndata: d\n\n'))
    .map(({ lastEventId }) => lastEventId);
  expect(ids).toEqual(['7', '7', '7', '']);
  parser.push(bytes('retry: 3000\nretry: 5s\n\n'));
  expect(parser.retryMs).toBe(3000);
});

test('[S1] a message that is not finished when the stream ends is none', () => {
  expect(read('data: a\n\ndata: b\n')).toEqual([['message', 'a']]);
});

test('[S1] a message beyond all bounds is refused', () => {
  const parser = new SseParser();
  const part = bytes('x'.repeat(700_000));
  parser.push(bytes('data: '));
  parser.push(part);
  expect(() => parser.push(part)).toThrow(RangeError);
  const many = new SseParser();
  expect(() => {
    for (let line = 0; line < 20; line += 1) many.push(bytes(`data: ${'x'.repeat(100_000)}\n`));
  }).toThrow(RangeError);
});
