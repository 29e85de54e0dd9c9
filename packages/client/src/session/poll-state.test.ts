import { describe, expect, test } from 'vitest';
import { newPoll, type PollState, pokePoll, pollAnswered, pollFailed, sendPoll } from './poll-state.ts';

const NOW = 50_000;

/** A polling with a request under way, its first answer already received. */
const asking = (patch: Partial<PollState> = {}): PollState => ({
  ...sendPoll({ ...newPoll(), answered: true, intervalMs: 4_000 }, 7, NOW),
  ...patch,
});

test('[C6] a new polling begins at once, at 2 s', () => {
  expect(newPoll()).toEqual({
    link: undefined,
    since: 0,
    nextAt: 0,
    intervalMs: 2_000,
    failures: 0,
    answered: false,
    again: false,
    news: false,
    etag: undefined,
    etagSeq: 0,
  });
});

test('a request that is sent forgets what the last one brought', () => {
  const before: PollState = { ...newPoll(), again: true, news: true, failures: 2 };
  expect(sendPoll(before, 7, NOW)).toEqual({ ...before, link: 7, since: NOW, again: false, news: false });
});

describe('pollAnswered', () => {
  test.each([
    { title: 'grows by half without news', poll: {}, intervalMs: 6_000, wait: 6_000 },
    { title: 'stops growing at 15 s', poll: { intervalMs: 12_000 }, intervalMs: 15_000, wait: 15_000 },
    { title: 'does not grow by the first answer', poll: { answered: false }, intervalMs: 4_000, wait: 4_000 },
    { title: 'is 2 s again on news', poll: { news: true }, intervalMs: 2_000, wait: 2_000 },
    { title: 'asks at once when it was poked', poll: { again: true }, intervalMs: 2_000, wait: 0 },
    { title: 'asks at once when there is more', poll: { news: true }, behind: true, intervalMs: 2_000, wait: 0 },
    { title: 'waits when it is behind but got nothing', poll: {}, behind: true, intervalMs: 6_000, wait: 6_000 },
  ])('[C6] $title', ({ poll, behind = false, intervalMs, wait }) => {
    const answered = pollAnswered(asking({ failures: 3, ...poll }), behind, NOW + 10);
    expect(answered).toMatchObject({ link: undefined, failures: 0, answered: true, again: false });
    expect(answered).toMatchObject({ intervalMs, nextAt: NOW + 10 + wait });
  });
});

describe('pollFailed', () => {
  test('[C5] backs off with every failure in a row', () => {
    const moment = { now: NOW, random: 0.5 };
    const once = pollFailed(asking({ again: true }), undefined, moment);
    expect(once).toMatchObject({ link: undefined, failures: 1, answered: false, again: false, nextAt: NOW + 450 });
    expect(pollFailed(once, undefined, moment)).toMatchObject({ failures: 2, nextAt: NOW + 700 });
  });

  test('[C5] waits as long as the server asked', () => {
    expect(pollFailed(asking(), 9_000, { now: NOW, random: 0.5 }).nextAt).toBe(NOW + 9_000);
  });
});

describe('pokePoll', () => {
  test('a polling between two requests asks now, at the shortest interval', () => {
    const waiting = pollAnswered(asking(), false, NOW);
    expect(pokePoll(waiting, NOW + 1)).toMatchObject({ again: false, intervalMs: 2_000, nextAt: NOW + 1 });
  });

  test('a polling that is due already is not put off', () => {
    const waiting = pollAnswered(asking(), false, NOW);
    expect(pokePoll(waiting, NOW + 60_000).nextAt).toBe(NOW + 6_000);
  });

  test('a polling with a request under way asks again after the answer', () => {
    expect(pokePoll(asking(), NOW)).toMatchObject({ link: 7, again: true });
  });
});
