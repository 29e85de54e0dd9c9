import { describe, expect, test } from 'vitest';
import { EventCounter } from './event-counter.ts';

const MESSAGE = '{"type":"event","event":{"id":"a.1","seq":1,"stage":"running"}}';

describe('EventCounter', () => {
  test('counts the events of a chunk', () => {
    const counter = new EventCounter();
    expect(counter.take(Buffer.from(MESSAGE.repeat(3)))).toBe(3);
  });

  test('counts each event once wherever the stream is cut', () => {
    const stream = Buffer.from(MESSAGE.repeat(2));
    for (let first = 0; first <= stream.length; first++) {
      for (const second of [first, first + 1, first + 3]) {
        const counter = new EventCounter();
        counter.take(stream.subarray(0, first));
        counter.take(stream.subarray(first, second));
        counter.take(stream.subarray(second));
        expect(counter.events, `cut at ${first} and ${second}`).toBe(2);
      }
    }
  });

  test('a snapshot of a job is no event', () => {
    expect(new EventCounter().take(Buffer.from('{"type":"subscribed","job":{"lastEventSeq":7},"head":7}'))).toBe(0);
  });
});
