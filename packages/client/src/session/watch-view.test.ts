import { apiError } from '@darkroom/protocol';
import { describe, expect, test } from 'vitest';
import { TestJob } from '../testing/test-job.ts';
import type { WatchState } from '../watch-state.ts';
import { emptyLog, learnJob } from './job-log.ts';
import { greet, type Lane, newLane, openLane } from './lane.ts';
import { newPoll, type PollState } from './poll-state.ts';
import { newSession, newWatch, type SessionState, type Subscription, type WatchSession } from './session-state.ts';
import { viewWatch } from './watch-view.ts';

const NOW = 1_000_000;
const JOB = new TestJob();
const LOG = learnJob(emptyLog(JOB.id), JOB.job);
const LOST = apiError('NETWORK_DISCONNECTED');
const REFUSED = apiError('NOT_FOUND');
const SUBSCRIBED: Subscription = { at: 'live', resyncs: 0, waiting: false };

const OPENING = openLane(newLane(), 7, NOW);
const LIVE = greet(OPENING, NOW);
const DEMOTED = newLane(NOW + 30_000);
const PROBE = openLane(DEMOTED, 7, NOW);
const waiting = (patch: Partial<Lane> = {}): Lane => ({
  ...newLane(),
  attempt: 1,
  state: { at: 'waiting', until: NOW + 450 },
  ...patch,
});
const poll = (patch: Partial<PollState>): PollState => ({ ...newPoll(), ...patch });

const session = (patch: Partial<SessionState> = {}): SessionState => ({ ...newSession({}, NOW), ...patch });
const watched = (patch: Partial<WatchSession> = {}): WatchSession => ({
  ...newWatch(JOB.id, {}, NOW),
  log: LOG,
  ...patch,
});
const unknown = { log: emptyLog(JOB.id) };
const chosen = { memory: { chosen: true } };

interface Row {
  readonly title: string;
  readonly state?: Partial<SessionState>;
  readonly watch?: Partial<WatchSession>;
  readonly view: Partial<WatchState>;
}

const BEFORE: readonly Row[] = [
  { title: 'nothing is known', watch: unknown, view: { phase: 'loading', mode: 'ws' } },
  { title: 'the job is known', view: { phase: 'connecting', mode: 'ws', job: JOB.job } },
  {
    title: 'a poll answered while the socket is opened for the first time',
    state: { socket: OPENING },
    watch: { poll: poll({ answered: true }) },
    view: { phase: 'connecting', mode: 'ws', demotion: undefined },
  },
  {
    title: 'the stream is opened for the first time',
    state: { socket: DEMOTED },
    watch: { stream: OPENING },
    view: { phase: 'connecting', mode: 'sse', demotion: 'blocked' },
  },
];

const DELIVERING: readonly Row[] = [
  { title: 'subscribed', watch: { subscription: SUBSCRIBED }, view: { phase: 'live', mode: 'ws' } },
  {
    title: 'streaming',
    state: { socket: { ...DEMOTED, cause: 'lost' } },
    watch: { stream: LIVE },
    view: { phase: 'live', mode: 'sse', demotion: 'lost' },
  },
  {
    title: 'subscribed, the stream not closed yet',
    state: { socket: PROBE },
    watch: { subscription: SUBSCRIBED, stream: LIVE },
    view: { phase: 'live', mode: 'ws' },
  },
  {
    title: 'live after failures',
    state: { socket: { ...LIVE, attempt: 4 } },
    watch: { subscription: SUBSCRIBED, poll: poll({ failures: 3 }) },
    view: { phase: 'live', mode: 'ws', reconnectAttempt: 0 },
  },
  {
    title: 'polling is chosen, though a stream is still open',
    state: chosen,
    watch: { stream: LIVE, poll: poll({ intervalMs: 3_000 }) },
    view: { phase: 'polling', mode: 'poll', demotion: 'chosen', pollIntervalMs: 3_000 },
  },
  {
    title: 'polling is chosen, nothing known',
    state: chosen,
    watch: unknown,
    view: { phase: 'loading', mode: 'poll', demotion: 'chosen' },
  },
  {
    title: 'all else is given up',
    state: { socket: DEMOTED },
    watch: { stream: DEMOTED },
    view: { phase: 'polling', mode: 'poll', demotion: 'blocked' },
  },
  {
    title: 'all else is given up, nothing known',
    state: { socket: DEMOTED },
    watch: { ...unknown, stream: DEMOTED },
    view: { phase: 'loading', mode: 'poll' },
  },
  {
    title: 'a poll bridges a lost socket',
    state: { socket: waiting({ proven: true }) },
    watch: { everLive: true, poll: poll({ answered: true }) },
    view: { phase: 'polling', mode: 'poll', demotion: 'lost', reconnectAttempt: 0, retryAt: undefined },
  },
  {
    title: 'a poll bridges a socket that never worked',
    state: { socket: waiting() },
    watch: { poll: poll({ answered: true }) },
    view: { phase: 'polling', mode: 'poll', demotion: 'blocked' },
  },
];

const OUT: readonly Row[] = [
  {
    title: 'a socket waits',
    state: { socket: waiting() },
    view: { phase: 'reconnecting', mode: 'ws', reconnectAttempt: 1, retryAt: NOW + 450 },
  },
  {
    title: 'a socket that was live is opened again',
    state: { socket: { ...OPENING, attempt: 2 } },
    watch: { everLive: true, poll: poll({ failures: 5, nextAt: NOW + 9 }) },
    view: { phase: 'reconnecting', mode: 'ws', reconnectAttempt: 5, retryAt: undefined },
  },
  {
    title: 'it was live and has no poll yet',
    state: { socket: OPENING },
    watch: { everLive: true },
    view: { phase: 'reconnecting', mode: 'ws', reconnectAttempt: 0 },
  },
  {
    title: 'a stream waits below a demoted socket',
    state: { socket: { ...DEMOTED, attempt: 9 } },
    watch: { stream: waiting({ attempt: 2 }), poll: poll({ failures: 1, nextAt: NOW + 449 }) },
    view: { phase: 'reconnecting', mode: 'sse', reconnectAttempt: 2, retryAt: NOW + 449 },
  },
  {
    title: 'the poll comes later than the stream',
    state: { socket: DEMOTED },
    watch: { stream: waiting(), poll: poll({ failures: 3, nextAt: NOW + 451 }) },
    view: { phase: 'reconnecting', reconnectAttempt: 3, retryAt: NOW + 450 },
  },
  {
    title: 'what is due already is no time to wait for',
    state: { socket: waiting({ state: { at: 'waiting', until: NOW } }) },
    watch: { poll: poll({ failures: 1, nextAt: NOW + 7 }) },
    view: { phase: 'reconnecting', retryAt: NOW + 7 },
  },
  {
    title: 'a poll that never failed is no try',
    state: { socket: waiting() },
    watch: { poll: poll({ nextAt: NOW + 7 }) },
    view: { phase: 'reconnecting', retryAt: NOW + 450 },
  },
  {
    title: 'all else is given up and the poll failed',
    state: { socket: DEMOTED },
    watch: { stream: DEMOTED, poll: poll({ failures: 1, answered: true, nextAt: NOW + 7 }) },
    view: { phase: 'reconnecting', mode: 'poll', reconnectAttempt: 1, retryAt: NOW + 7 },
  },
  {
    title: 'the poll is asking again',
    state: { socket: DEMOTED },
    watch: { stream: DEMOTED, poll: poll({ failures: 1, link: 9, nextAt: NOW + 7 }) },
    view: { phase: 'reconnecting', mode: 'poll', retryAt: undefined },
  },
  {
    title: 'a probe of the stream is no try that it waits for',
    state: { socket: DEMOTED },
    watch: { stream: PROBE, poll: poll({ failures: 1, nextAt: NOW + 7 }) },
    view: { phase: 'reconnecting', mode: 'poll', retryAt: NOW + 7 },
  },
  {
    title: 'chosen polling failed',
    state: chosen,
    watch: { poll: poll({ failures: 2, nextAt: NOW + 7 }) },
    view: { phase: 'reconnecting', mode: 'poll', demotion: 'chosen', reconnectAttempt: 2, retryAt: NOW + 7 },
  },
  {
    title: 'a hidden page polls nothing',
    state: { socket: waiting(), hidden: true },
    watch: { poll: poll({ answered: true }) },
    view: { phase: 'reconnecting', mode: 'ws' },
  },
];

const OVER: readonly Row[] = [
  {
    title: 'done',
    state: { socket: waiting() },
    watch: { done: true, everLive: true, poll: poll({ failures: 2 }) },
    view: { phase: 'ended', mode: 'ws', reconnectAttempt: 0, retryAt: undefined },
  },
  {
    title: 'refused',
    watch: { refusal: REFUSED, failure: LOST, done: true, subscription: SUBSCRIBED },
    view: { phase: 'refused', error: REFUSED },
  },
  { title: 'failed', watch: { failure: LOST, lastMessageAt: NOW }, view: { error: LOST, lastMessageAt: NOW } },
];

describe.each([
  { group: 'before the first connection', rows: BEFORE },
  { group: 'delivering', rows: DELIVERING },
  { group: 'out of reach', rows: OUT },
  { group: 'over', rows: OVER },
])('[C1] a watch $group', ({ rows }) => {
  test.each(rows)('$title', ({ state, watch, view }) => {
    expect(viewWatch(session(state), watched(watch), NOW)).toMatchObject(view);
  });
});

describe('the last view', () => {
  const at = [session({ socket: waiting() }), watched({ lastMessageAt: 1 }), NOW] as const;
  const view = viewWatch(...at);

  test('is returned itself while nothing changed', () => {
    expect(viewWatch(...at, view)).toBe(view);
    expect(viewWatch(...at, { ...view })).not.toBe(view);
    const copy = { ...view };
    expect(viewWatch(...at, copy)).toBe(copy);
  });

  test.each<Partial<WatchState>>([
    { job: undefined },
    { events: [] },
    { queue: { position: 1 } },
    { phase: 'live' },
    { mode: 'poll' },
    { demotion: 'lost' },
    { pollIntervalMs: 1 },
    { reconnectAttempt: 7 },
    { retryAt: undefined },
    { lastMessageAt: undefined },
    { error: LOST },
  ])('is replaced when it differs in %j', (patch) => {
    const last = { ...view, ...patch };
    const next = viewWatch(...at, last);
    expect(next).toEqual(view);
    expect(next).not.toBe(last);
  });
});
