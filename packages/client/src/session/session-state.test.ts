import { apiError } from '@darkroom/protocol';
import { describe, expect, test } from 'vitest';
import { greet, type Lane, newLane, openLane } from './lane.ts';
import {
  isActive,
  isLive,
  newSession,
  newWatch,
  pollFrom,
  type SessionState,
  type Subscription,
  type WatchSession,
  wantsSocket,
  wantsStream,
} from './session-state.ts';

const NOW = 1_000_000;
const ERROR = apiError('NOT_FOUND');
const SUBSCRIBED: Subscription = { at: 'live', resyncs: 0, waiting: false };
const ASKED: Subscription = { at: 'asked' };

const OFF = newLane();
const OPENING = openLane(OFF, 7, NOW);
const LIVE = greet(OPENING, NOW);
const DEMOTED = newLane(NOW + 30_000);
const PROBE = openLane(DEMOTED, 7, NOW);
const WAITING: Lane = { ...OFF, state: { at: 'waiting', until: NOW + 450 } };

const watched = (patch: Partial<WatchSession> = {}): WatchSession => ({ ...newWatch('j', {}, NOW), ...patch });
const session = (patch: Partial<SessionState> = {}, ...watches: WatchSession[]): SessionState => ({
  ...newSession({}, NOW),
  watches: new Map(watches.map((watch, index) => [`${index}`, watch])),
  ...patch,
});

test('a new session watches nothing and may subscribe without bound', () => {
  expect(newSession({ chosen: true }, NOW)).toEqual({
    socket: OFF,
    maxSubscriptions: Number.POSITIVE_INFINITY,
    byeMs: undefined,
    watches: new Map(),
    memory: { chosen: true },
    unreachable: false,
    hidden: false,
    listening: false,
    nextLink: 1,
  });
});

test('a new watch has nothing open and nothing known', () => {
  const { log, poll, ...watch } = newWatch('j', {}, NOW);
  expect({ jobId: log.jobId, seq: log.seq, poll: poll.link }).toEqual({ jobId: 'j', seq: 0, poll: undefined });
  expect(watch).toEqual({
    subscription: { at: 'none' },
    stream: OFF,
    outSince: NOW,
    everLive: false,
    behind: false,
    lastMessageAt: undefined,
    refusal: undefined,
    failure: undefined,
    done: false,
  });
});

test.each([
  { until: undefined, expected: OFF },
  { until: NOW, expected: OFF },
  { until: NOW + 1, expected: DEMOTED },
  { until: NOW + 600_000, expected: DEMOTED },
  // A clock that was put back must not hold a demotion for ever.
  { until: NOW + 600_001, expected: OFF },
])('[C8] a demotion remembered until $until', ({ until, expected }) => {
  expect(newSession({ ws: until, sse: NOW + 2 }, NOW).socket).toEqual(expected);
  expect(newWatch('j', { sse: until, ws: NOW + 2 }, NOW).stream).toEqual(expected);
});

test.each([
  { watch: watched(), active: true },
  { watch: watched({ done: true }), active: false },
  { watch: watched({ refusal: ERROR }), active: false },
  { watch: watched({ failure: ERROR }), active: true },
])('a watch reads until it is done or refused (%#)', ({ watch, active }) => {
  expect(isActive(watch)).toBe(active);
});

test.each([
  { watch: watched(), live: false },
  { watch: watched({ subscription: SUBSCRIBED }), live: true },
  { watch: watched({ subscription: ASKED }), live: false },
  { watch: watched({ stream: LIVE }), live: true },
  { watch: watched({ stream: OPENING }), live: false },
])('events arrive over a subscription or a live stream (%#)', ({ watch, live }) => {
  expect(isLive(watch)).toBe(live);
});

describe('the socket is wanted', () => {
  test.each([
    { title: 'by a watch that reads', state: session({}, watched({ done: true }), watched()), expected: true },
    { title: 'without a watch', state: session(), expected: false },
    { title: 'by watches that are over', state: session({}, watched({ done: true })), expected: false },
    { title: 'by a listener', state: session({ listening: true }), expected: true },
    { title: 'while hidden', state: session({ hidden: true, listening: true }, watched()), expected: false },
    {
      title: 'while polling is chosen',
      state: session({ memory: { chosen: true }, listening: true }, watched()),
      expected: false,
    },
  ])('$title: $expected', ({ state, expected }) => {
    expect(wantsSocket(state)).toBe(expected);
  });
});

describe('a stream is wanted', () => {
  test.each([
    { title: 'below a demoted socket', state: session({ socket: DEMOTED }), watch: watched(), expected: true },
    { title: 'below a probe', state: session({ socket: PROBE }), watch: watched(), expected: true },
    { title: 'below a socket that is being opened', state: session({ socket: OPENING }), watch: watched() },
    {
      title: 'below a socket that is opened again',
      state: session({ socket: WAITING }),
      watch: watched({ stream: LIVE }),
    },
    { title: 'beside a live socket', state: session({ socket: LIVE }), watch: watched() },
    { title: 'not opened by a live socket', state: session({ socket: LIVE }), watch: watched({ stream: OPENING }) },
    {
      title: 'until the live socket has taken over',
      state: session({ socket: LIVE }),
      watch: watched({ stream: LIVE, subscription: ASKED }),
      expected: true,
    },
    {
      title: 'by a subscribed watch',
      state: session({ socket: LIVE }),
      watch: watched({ stream: LIVE, subscription: SUBSCRIBED }),
    },
    { title: 'by a watch that is done', state: session({ socket: DEMOTED }), watch: watched({ done: true }) },
    { title: 'by a refused watch', state: session({ socket: DEMOTED }), watch: watched({ refusal: ERROR }) },
    { title: 'while hidden', state: session({ socket: DEMOTED, hidden: true }), watch: watched() },
    {
      title: 'while polling is chosen',
      state: session({ socket: DEMOTED, memory: { chosen: true } }),
      watch: watched(),
    },
  ])('$title: $expected', ({ state, watch, expected = false }) => {
    expect(wantsStream(state, watch)).toBe(expected);
  });
});

describe('polling begins', () => {
  const chosen = { memory: { chosen: true } };

  test.each([
    { title: 'after a moment without a live connection', state: session(), watch: watched(), from: NOW + 1_500 },
    { title: 'at once below both', state: session({ socket: DEMOTED }), watch: watched({ stream: DEMOTED }), from: 0 },
    { title: 'later below one', state: session({ socket: DEMOTED }), watch: watched(), from: NOW + 1_500 },
    { title: 'later below the other', state: session(), watch: watched({ stream: DEMOTED }), from: NOW + 1_500 },
    { title: 'at once where it is chosen', state: session(chosen), watch: watched({ stream: LIVE }), from: 0 },
    { title: 'never beside a live stream', state: session(), watch: watched({ stream: LIVE }), from: undefined },
    { title: 'never when done', state: session(chosen), watch: watched({ done: true }), from: undefined },
    { title: 'never when refused', state: session(chosen), watch: watched({ refusal: ERROR }), from: undefined },
    { title: 'never while hidden', state: session({ ...chosen, hidden: true }), watch: watched(), from: undefined },
  ])('[C1] $title', ({ state, watch, from }) => {
    expect(pollFrom(state, watch)).toBe(from);
  });
});
