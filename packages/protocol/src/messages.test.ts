import { describe, expect, it } from 'vitest';
import { CLOSE, ClientMessage, mayReconnect } from './messages.ts';

const jobId = 'a'.repeat(22);

describe('ClientMessage', () => {
  it.each([
    [{ type: 'subscribe', jobId }, true],
    [{ type: 'subscribe', jobId, afterSeq: 0, epoch: 'e1' }, true],
    [{ type: 'subscribe', jobId, afterSeq: -1 }, false],
    [{ type: 'subscribe', jobId, afterSeq: 1.5 }, false],
    [{ type: 'subscribe', jobId, epoch: 'e'.repeat(32) }, true],
    [{ type: 'subscribe', jobId, epoch: 'e'.repeat(33) }, false],
    [{ type: 'unsubscribe', jobId: 'short' }, false],
    [{ type: 'subscribe', jobId: 'short' }, false],
    [{ type: 'subscribe' }, false],
    [{ type: 'unsubscribe', jobId }, true],
    [{ type: 'ping' }, true],
    [{ type: 'pong' }, true],
    [{ type: 'hello' }, false],
    [{}, false],
    [null, false],
    ['ping', false],
  ])('[W2] %j: accepted %s', (message, expected) => {
    expect(ClientMessage.safeParse(message).success).toBe(expected);
  });
});

describe('close codes', () => {
  it('[W9] 4000–4399 mean come back, 4400–4499 stop', () => {
    for (const code of [4000, 4399, 4500, 1000, 1001, 1006, 1011]) expect(mayReconnect(code)).toBe(true);
    for (const code of [4400, 4450, 4499]) expect(mayReconnect(code)).toBe(false);
  });

  it('[W9] our own codes lie in the range of their meaning', () => {
    expect(
      Object.entries(CLOSE)
        .filter(([, code]) => mayReconnect(code))
        .map(([name]) => name),
    ).toEqual(['shutdown', 'silent', 'slow']);
    expect(mayReconnect(CLOSE.flood)).toBe(false);
  });
});
