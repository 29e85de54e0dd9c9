import { apiError } from '@darkroom/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeSession } from '../testing/fake-session.ts';
import { TestJob } from '../testing/test-job.ts';
import { greet, type Lane, newLane, openLane } from './lane.ts';
import { newPoll, sendPoll } from './poll-state.ts';
import {
  newSession,
  newWatch,
  type SessionInput,
  type SessionState,
  type Subscription,
  type WatchSession,
} from './session-state.ts';
import { nextDeadline } from './settle.ts';
import { stepSession } from './step.ts';

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
  { title: 'a socket without a subscriber', state: { socket: WAITING }, due: undefined },
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

describe('what is open', () => {
  const broken = { kind: 'failed', error: apiError('NETWORK_DISCONNECTED') } as const;
  let job: TestJob;
  let other: TestJob;
  let page: FakeSession;

  beforeEach(() => {
    job = new TestJob();
    other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    page = new FakeSession();
  });

  const subscribed = (of = job) => ({ type: 'subscribed' as const, jobId: of.id, ...of.snapshot() });
  const all = (of = job) => ({ type: 'events' as const, jobId: of.id, events: of.events });
  const asked = () => page.said.flatMap((said) => (said.type === 'subscribe' ? [said.jobId] : []));
  const stream = () => {
    page.give({ type: 'watch', jobId: job.id });
    page.end('ws', broken);
    page.hear('sse', subscribed());
  };

  test('[W2] the first subscription names no epoch', () => {
    page.connect(job);
    expect(page.said).toStrictEqual([{ type: 'subscribe', jobId: job.id, afterSeq: 0 }]);
  });

  test('[W2] a subscription in use counts against what a socket may hold', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.hear('ws', { type: 'hello', connectionId: 'c', heartbeatMs: 1, maxSubscriptions: 1, now: page.now });
    page.hear('ws', subscribed());
    page.give({ type: 'watch', jobId: other.id });
    expect(asked()).toEqual([job.id]);
    page.give({ type: 'unwatch', jobId: job.id });
    expect(asked()).toEqual([job.id, other.id]);
  });

  test('a watch that is done or refused is not subscribed on the next socket', () => {
    const refused = new TestJob('CCCCCCCCCCCCCCCCCCCCCC');
    job.append('cancelled');
    page.connect(other);
    for (const { id } of [job, refused]) page.give({ type: 'watch', jobId: id });
    page.hear('ws', subscribed(), all());
    page.hear('ws', { type: 'error', jobId: refused.id, error: apiError('NOT_FOUND') });
    page.end('ws', broken);
    page.pass(450);
    page.hello();
    expect(asked()).toEqual([other.id, job.id, refused.id, other.id]);
  });

  test('[C9] chosen polling ends the subscriptions: the next socket is asked again', () => {
    page.connect(job);
    page.give({ type: 'choose-polling' });
    page.answerPoll(job);
    page.give({ type: 'reconnect' });
    page.hello();
    expect(asked()).toEqual([job.id, job.id]);
  });

  test('a poll ends when a live connection is there, and begins again at the next loss', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.pass(1_500);
    expect(page.links('poll')).toHaveLength(1);
    page.hello();
    page.hear('ws', subscribed());
    expect(page.links('poll')).toEqual([]);
    page.end('ws', broken);
    page.pass(1_500);
    page.end('ws', broken);
    page.answerPoll(job);
    page.pass(1_000);
    expect(page.links('poll')).toEqual([]);
    page.hello();
    page.hear('ws', subscribed());
    expect(page.state.watches.get(job.id)?.poll).toEqual(newPoll());
  });

  test.each(['socket', 'stream'] as const)('[C2] after a late timer a silent %s has one more second', (kind) => {
    if (kind === 'socket') page.connect(job);
    else stream();
    page.now += 60_000;
    page.give({ type: 'tick' });
    if (kind === 'stream') page.end('ws', broken);
    expect(page.view(job).phase).toBe('live');
    page.pass(999);
    expect(page.view(job).phase).toBe('live');
    page.pass(1);
    expect(page.view(job).phase).not.toBe('live');
    expect(page.links(kind === 'socket' ? 'ws' : 'sse')).toEqual([]);
  });

  test('[C7] being hidden does not put the poll off that a stream never made needless', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.end('ws', broken);
    page.pass(1_000);
    page.give({ type: 'pagehide' });
    page.give({ type: 'pageshow' });
    page.pass(499);
    expect(page.links('poll')).toEqual([]);
    page.pass(1);
    expect(page.links('poll')).toHaveLength(1);
  });

  test('[C7] a page that was hidden for a moment gives its stream time before it polls', () => {
    stream();
    page.pass(10_000);
    page.give({ type: 'pagehide' });
    page.give({ type: 'pageshow' });
    page.pass(1_499);
    expect(page.links('poll')).toEqual([]);
    page.pass(1);
    expect(page.links('poll')).toHaveLength(1);
  });

  test('[H3] a validator is not used for events that came without one', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.give({ type: 'choose-polling' });
    page.answerPoll(job);
    page.pass(2_000);
    job.steps(1);
    page.hear('poll', subscribed(), all());
    page.end('poll', broken);
    page.pass(450);
    expect(page.link('poll')).toMatchObject({ after: 2, etag: undefined });
  });

  test('what is to be done is said in order, and nothing more', () => {
    const effects = (input: SessionInput) => {
      const { session, effects } = stepSession(page.state, input, { now: page.now, random: 0.5 });
      page.state = session;
      return effects;
    };
    expect(effects({ type: 'watch', jobId: job.id })).toEqual([{ type: 'open-socket', link: 1 }]);
    expect(effects({ type: 'choose-polling' })).toEqual([
      { type: 'remember', memory: { chosen: true } },
      { type: 'close', link: 1 },
      { type: 'poll', link: 2, jobId: job.id, after: 0, epoch: undefined, etag: undefined },
    ]);
    expect(effects({ type: 'unwatch', jobId: job.id })).toEqual([{ type: 'close', link: 2 }]);
    expect(effects({ type: 'tick' })).toEqual([]);
  });
});
