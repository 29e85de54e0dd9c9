import { apiError } from '@darkroom/protocol';
import { describe, expect, test } from 'vitest';
import { greet, type Lane, newLane, openLane } from './lane.ts';
import { newPoll, sendPoll } from './poll-state.ts';
import { newSession, newWatch, type SessionState, type Subscription, type WatchSession } from './session-state.ts';
import { nextDeadline } from './settle.ts';

const NOW = 1_000_000;
const SUBSCRIBED: Subscription = { at: 'live', resyncs: 0, waiting: false };
const DECLINED: Subscription = { at: 'declined', until: NOW + 10 };
const OPENING = openLane(newLane(), 7, NOW);
const LIVE = greet(OPENING, NOW);
const STOPPED = newLane(Number.POSITIVE_INFINITY);
const WAITING: Lane = { ...newLane(), state: { at: 'waiting', until: NOW + 450 } };

const watched = (patch: Partial<WatchSession> = {}): WatchSession => ({ ...newWatch('j', {}, NOW), ...patch });

interface Row {
  readonly title: string;
  readonly state?: Partial<SessionState>;
  readonly watches?: readonly Partial<WatchSession>[];
  readonly due: number | undefined;
}

const ROWS: readonly Row[] = [
  { title: 'nothing is watched', due: undefined },
  { title: 'a listener has a live socket', state: { socket: LIVE, listening: true }, due: NOW + 25_000 },
  { title: 'a socket that nobody wants', state: { socket: WAITING }, due: undefined },
  { title: 'a socket is opened: the poll comes first', state: { socket: OPENING }, watches: [{}], due: NOW + 1_500 },
  { title: 'a socket waits', state: { socket: WAITING }, watches: [{}], due: NOW + 450 },
  {
    title: 'a subscribed watch waits only for silence',
    state: { socket: LIVE },
    watches: [{ subscription: SUBSCRIBED }],
    due: NOW + 25_000,
  },
  {
    title: 'a declined watch asks again',
    state: { socket: LIVE },
    watches: [{ subscription: SUBSCRIBED }, { subscription: DECLINED }],
    due: NOW + 10,
  },
  {
    title: 'a declined watch without a live socket',
    state: { socket: WAITING },
    watches: [{ subscription: DECLINED }],
    due: NOW + 450,
  },
  {
    title: 'a declined watch that is done',
    state: { socket: LIVE },
    watches: [{ subscription: SUBSCRIBED }, { subscription: DECLINED, done: true }],
    due: NOW + 25_000,
  },
  {
    title: 'a stream below a socket that is not tried again',
    state: { socket: STOPPED },
    watches: [{ stream: LIVE }],
    due: NOW + 25_000,
  },
  {
    title: 'a stream that is not wanted',
    state: { socket: OPENING },
    watches: [{ stream: WAITING }],
    due: NOW + 1_500,
  },
  {
    title: 'a request under way is given up after 15 s',
    state: { socket: STOPPED },
    watches: [{ stream: STOPPED, poll: sendPoll(newPoll(), 9, NOW) }],
    due: NOW + 15_000,
  },
  {
    title: 'a poll is due later than polling begins',
    state: { socket: STOPPED },
    watches: [{ stream: STOPPED, poll: { ...newPoll(), nextAt: NOW + 2_000 } }],
    due: NOW + 2_000,
  },
  {
    title: 'the first of several watches',
    state: { socket: STOPPED },
    watches: [1_000, 500, 700].map((ms) => ({ stream: STOPPED, poll: { ...newPoll(), nextAt: NOW + ms } })),
    due: NOW + 500,
  },
  { title: 'a refused watch', watches: [{ refusal: apiError('NOT_FOUND') }], due: undefined },
];

describe('the next deadline', () => {
  test.each(ROWS)('$title', ({ state = {}, watches = [], due }) => {
    const all = new Map(watches.map((patch, index) => [`${index}`, watched(patch)]));
    expect(nextDeadline({ ...newSession({}, NOW), watches: all, ...state })).toBe(due);
  });
});
