import { readFileSync } from 'node:fs';
import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_TIMEOUTS } from '../http/connections/http-timeouts.ts';

const page = readFileSync(new URL('../../../protocol/PROTOCOL.md', import.meta.url), 'utf8');
const rule = (id: string) => page.split('\n').find((line) => line.startsWith(`- **${id}** `)) ?? '';

/** Numbers that PROTOCOL.md quotes, where, and what they must be. */
const QUOTED: readonly [string, RegExp, number][] = [
  ['E2', /above (\d+) a second/, LIMITS.progressEventsPerSecond],
  ['W2', /At most (\d+) subscriptions/, LIMITS.subscriptionsPerSocket],
  ['W5', /more than (\d+) messages a second/, LIMITS.socketMessagesPerSecond],
  ['W5', /burst of (\d+)/, 5 * LIMITS.socketMessagesPerSecond],
  ['W5', /over (\d+) KiB/, LIMITS.socketMessageBytes / 1024],
  ['W6', /Every (\d+) s/, LIMITS.heartbeatMs / 1_000],
  ['W7', /once a (second)/, LIMITS.queueTickMs / 1_000],
  ['S2', /every (\d+) s/, LIMITS.heartbeatMs / 1_000],
  ['H1', /at most (\d+)/, LIMITS.eventsPerRead],
  ['H2', /\(0–(\d+) s\)/, LIMITS.maxWaitSeconds],
  ['H2', /Beyond (\d+) polls/, LIMITS.maxWaiters],
  ['R7', /take (\d+) MiB/, LIMITS.receivedBytes / 1024 ** 2],
  ['R7', /and (\d+) MiB those of one/, LIMITS.receivedBytesPerAddress / 1024 ** 2],
  ['R9', /longer than (\d+) characters/, LIMITS.userNameChars],
  ['R12', /for (\d+) minutes/, LIMITS.linkTtlMs / 60_000],
  ['R13', /`TOO_MANY_CONVERSATIONS` \(([\d,]+) of/, LIMITS.conversationsPerOwner],
  ['R13', /`CONVERSATION_FULL` \(([\d,]+) messages/, LIMITS.messagesPerConversation],
  ['R13', /\((\d+) sockets/, LIMITS.connectionsPerClient],
  ['R13', /(\d+) held polls/, LIMITS.pollsPerClient],
  ['R13', /`TOO_MANY_SUBSCRIPTIONS` \(([\d,]+) on all/, LIMITS.subscriptionsPerClient],
  ['B1', /subscriber with (\d+) KiB/, LIMITS.readerPauseBytes / 1024],
  ['B1', /client with (\d+) KiB/, LIMITS.readerHighWaterBytes / 1024],
  ['B1', /one with (\d+) KiB/, (2 * LIMITS.readerHighWaterBytes) / 1024],
  ['B2', /for (\d+) s/, LIMITS.readerStallMs / 1_000],
  ['B2', /after (\d+) s/, DEFAULT_HTTP_TIMEOUTS.unreadMs / 1_000],
  ['B3', /within (\d+) s/, DEFAULT_HTTP_TIMEOUTS.headersMs / 1_000],
  ['B3', /within (\d+) min/, DEFAULT_HTTP_TIMEOUTS.requestMs / 60_000],
  ['B3', /comes for (\d+) s/, DEFAULT_HTTP_TIMEOUTS.body.silentMs / 1_000],
  ['B3', /less than (\d+) KiB/, DEFAULT_HTTP_TIMEOUTS.body.bytesPerSecond / 1024],
  ['B3', /first (\d+) s/, DEFAULT_HTTP_TIMEOUTS.body.graceMs / 1_000],
];

describe('PROTOCOL.md', () => {
  it.each(QUOTED)('[%s] quotes the bound that holds: %s', (id, pattern, bound) => {
    const quoted = pattern.exec(rule(id))?.[1];
    expect(quoted === 'second' ? 1 : Number(quoted?.replace(',', ''))).toBe(bound);
  });

  it('[B4] steps are 5 to 50, 20 when nothing is said', () => {
    expect([LIMITS.minSteps, LIMITS.maxSteps, LIMITS.defaultSteps]).toEqual([5, 50, 20]);
  });

  it('numbers every rule once', () => {
    const ids = [...page.matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
