import { apiError } from '@darkroom/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeSession } from '../testing/fake-session.ts';
import { TestJob } from '../testing/test-job.ts';
import { newLane } from './lane.ts';
import { ownerOf } from './receive.ts';
import type { WatchSession } from './session-state.ts';

const BROKEN = { kind: 'failed', error: apiError('NETWORK_DISCONNECTED') } as const;

let job: TestJob;
let other: TestJob;
let page: FakeSession;

beforeEach(() => {
  job = new TestJob();
  other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
  page = new FakeSession();
});

const subscribed = (of = job) => ({ type: 'subscribed' as const, jobId: of.id, ...of.snapshot() });
const events = (from: number, to: number, of = job) => ({
  type: 'events' as const,
  jobId: of.id,
  events: of.events.slice(from - 1, to),
});
const hello = (maxSubscriptions = 64) => ({
  type: 'hello' as const,
  connectionId: 'c',
  heartbeatMs: 10_000,
  maxSubscriptions,
  now: page.now,
});
const watched = (of = job): WatchSession => {
  const watch = page.state.watches.get(of.id);
  if (watch === undefined) throw new Error('not watched');
  return watch;
};
const subscribes = () => page.said.filter(({ type }) => type === 'subscribe').length;
/** Watches a second job on the socket that is open. */
const watchOther = () => {
  page.give({ type: 'watch', jobId: other.id });
  page.hear('ws', subscribed(other));
};
/** Opens a stream for the job, WebSocket being refused; not greeted yet. */
const openStream = () => {
  page.give({ type: 'watch', jobId: job.id });
  page.end('ws', BROKEN);
};
const openPoll = () => {
  openStream();
  page.end('sse', BROKEN);
};

describe('whose connection it is', () => {
  test('the socket, the stream or the poll of a watch, or no one', () => {
    openStream();
    page.give({ type: 'watch', jobId: other.id });
    page.pass(1_500);
    page.give({ type: 'visible' });
    const owner = (link: number) => ownerOf(page.state, link);
    for (const { link, kind, jobId } of page.open.values()) {
      const names = { ws: 'socket', sse: 'stream', poll: 'poll' };
      const watch = jobId === undefined ? undefined : page.state.watches.get(jobId);
      expect(owner(link)).toEqual({ kind: names[kind], jobId, watch });
    }
    expect([...page.open.values()].map(({ kind }) => kind).sort()).toEqual(['poll', 'poll', 'sse', 'sse', 'ws']);
    expect(owner(999)).toBeUndefined();
  });

  test('what arrives late on a closed connection is ignored', () => {
    page.connect(job);
    const { link } = page.link('ws');
    page.end('ws', BROKEN);
    const before = page.state;
    page.give({ type: 'messages', link, messages: [hello(), events(1, 1)] });
    page.give({ type: 'ended', link, ending: { kind: 'done' } });
    expect(page.state).toEqual(before);
  });

  test('a message that closes its connection is the last one taken from it', () => {
    openStream();
    page.hear('sse', subscribed(), { type: 'bye', afterMs: 500 }, events(1, 1));
    expect(watched().log.seq).toBe(0);
  });
});

describe('life of a connection', () => {
  test('[C2] what is not understood puts the silence of a socket off', () => {
    page.connect(job);
    page.pass(24_000);
    page.hear('ws');
    page.pass(24_000);
    expect(page.view(job).phase).toBe('live');
    page.pass(1_000);
    expect(page.view(job).phase).toBe('reconnecting');
  });

  test('[C2] what is not understood puts the silence of a stream off, and is seen', () => {
    openStream();
    page.hear('sse', subscribed());
    page.pass(24_000);
    page.hear('sse');
    expect(page.view(job).lastMessageAt).toBe(page.now);
    page.pass(24_000);
    expect(page.view(job).phase).toBe('live');
  });

  test('what is not understood in an answer to a poll is not seen', () => {
    openPoll();
    page.hear('poll');
    expect(page.view(job).lastMessageAt).toBeUndefined();
  });

  test('a heartbeat on the socket is seen by those subscribed, not by those who asked', () => {
    page.connect(job);
    page.give({ type: 'watch', jobId: other.id });
    page.pass(1_000);
    page.ping('ws');
    expect(page.view(job).lastMessageAt).toBe(page.now);
    expect(page.view(other).lastMessageAt).toBeUndefined();
  });

  test('[C3] heartbeats in late clumps, twice, demote the socket; its greeting is the first measure', () => {
    page.connect(job);
    for (let clump = 0; clump < 2; clump += 1) {
      page.pass(10_000);
      page.ping('ws', 6_000);
    }
    expect(page.links('ws')).toEqual([]);
    expect(page.view(job)).toMatchObject({ mode: 'sse', demotion: 'blocked' });
  });
});

describe('one connection says nothing of another', () => {
  test('[C2] answers to a poll do not put the silence of the socket off, nor prove it', () => {
    page.connect(job);
    page.give({ type: 'watch', jobId: other.id });
    page.hear('ws', { type: 'error', jobId: other.id, error: apiError('TOO_MANY_SUBSCRIPTIONS') });
    page.pass(1_500);
    page.answerPoll(other);
    expect(page.state.socket.state).toMatchObject({ at: 'live', delivered: false });
    page.pass(23_500);
    expect(page.view(job).phase).toBe('reconnecting');
  });

  test('[C5] an event proves the connection that brought it', () => {
    openStream();
    page.hear('sse', subscribed(), events(1, 1));
    expect(watched().stream.state).toMatchObject({ at: 'live', delivered: true });
    expect(watched().subscription).toStrictEqual({ at: 'none' });
  });

  test('[C5] an event on the socket does not prove the stream beside it', () => {
    openStream();
    page.hear('sse', subscribed());
    page.pass(20_000);
    page.ping('sse');
    page.pass(10_000);
    page.hello();
    page.hear('ws', events(1, 1));
    expect(watched().stream.state).toMatchObject({ at: 'live', delivered: false });
    expect(page.state.socket.state).toMatchObject({ at: 'live', delivered: true });
  });
});

describe('a greeting', () => {
  test('[C8] forgets the demotion that it disproves, and writes nothing where there is none', () => {
    const memory = page.memory;
    page.connect(job);
    expect(page.memory).toBe(memory);
    page.end('ws', { kind: 'stopped', error: apiError('STREAM_UNAVAILABLE') });
    expect(page.memory.ws).toBeDefined();
    const next = new FakeSession(page.memory);
    next.give({ type: 'listen', wanted: true });
    next.pass(30_000);
    next.hello();
    expect(next.memory).toEqual({ ws: undefined });
  });

  test('[C8] of a stream forgets that streams were given up', () => {
    openPoll();
    expect(page.memory.sse).toBe(page.now + 600_000);
    page.pass(30_000);
    page.end('ws', BROKEN);
    page.hear('sse', subscribed());
    expect(page.memory.sse).toBeUndefined();
    const { memory } = page;
    page.hear('sse', subscribed());
    expect(page.memory).toBe(memory);
  });

  test('[P3] of a stream may be a reset', () => {
    openStream();
    page.hear('sse', { type: 'reset', reason: 'epoch', jobId: job.id, ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'sse' });
  });

  test('[M8] is not published while no one listens', () => {
    page.connect(job);
    expect(page.told).toEqual([]);
  });
});

describe('errors', () => {
  test('[W5] an error without a job changes nothing', () => {
    page.connect(job);
    const before = page.view(job);
    page.hear('ws', { type: 'error', error: apiError('INVALID_REQUEST') });
    expect(page.view(job)).toEqual(before);
  });

  test('messages for a job that is not watched are ignored', () => {
    page.connect(job);
    page.hear('ws', subscribed(other), events(1, 1, other), {
      type: 'end',
      jobId: other.id,
      head: 1,
      status: 'failed',
    });
    expect(page.state.watches.size).toBe(1);
    expect(page.view(job).phase).toBe('live');
  });

  test.each(['TOO_MANY_SUBSCRIPTIONS', 'SHUTTING_DOWN'] as const)(
    '[W5] %s is asked again after a while, and the job is polled until then',
    (code) => {
      page.connect(job);
      watchOther();
      page.pass(3_000);
      const since = page.now;
      page.hear('ws', { type: 'error', jobId: other.id, error: apiError(code) });
      expect(watched(other).subscription).toEqual({ at: 'declined', until: since + 10_450 });
      expect(page.view(other)).toMatchObject({ error: { code } });
      expect(page.view(other).phase).not.toBe('refused');
      page.pass(1_499);
      expect(page.links('poll')).toEqual([]);
      page.pass(1);
      expect(page.link('poll').jobId).toBe(other.id);
      page.answerPoll(other);
      expect(page.view(other)).toMatchObject({ error: undefined });
      const asked = subscribes();
      page.pass(8_949);
      expect(subscribes()).toBe(asked);
      page.pass(1);
      expect(page.said.at(-1)).toMatchObject({ type: 'subscribe', jobId: other.id });
    },
  );

  test('[W5] an error before the subscription is answered does not put the polling off', () => {
    page.give({ type: 'watch', jobId: job.id });
    const since = page.now;
    page.hello();
    page.pass(1_000);
    page.hear('ws', { type: 'error', jobId: job.id, error: apiError('TOO_MANY_SUBSCRIPTIONS') });
    expect(watched().outSince).toBe(since);
  });

  test('[S2] trouble that passes, said on a stream, is shown and leaves it open', () => {
    openStream();
    page.hear('sse', subscribed(), { type: 'error', jobId: job.id, error: apiError('SHUTTING_DOWN') });
    expect(watched().subscription).toEqual({ at: 'none' });
    expect(page.view(job)).toMatchObject({ phase: 'live', error: { code: 'SHUTTING_DOWN' } });
  });

  test('[S2] a job that was deleted is refused and its stream closed', () => {
    openStream();
    page.hear('sse', subscribed(), { type: 'error', jobId: job.id, error: apiError('NOT_FOUND') });
    expect(page.view(job)).toMatchObject({ phase: 'refused', error: { code: 'NOT_FOUND' } });
    expect(page.open.size).toBe(0);
  });
});

describe('queue positions', () => {
  test('[W7] are shown with and without an estimate', () => {
    page.connect(job);
    page.hear('ws', { type: 'queue', jobId: job.id, position: 3 });
    expect(page.view(job).queue).toStrictEqual({ position: 3 });
    page.hear('ws', { type: 'queue', jobId: job.id, position: 3, etaMs: 9_000 });
    expect(page.view(job).queue).toStrictEqual({ position: 3, etaMs: 9_000 });
    const shown = page.view(job).queue;
    page.hear('ws', { type: 'queue', jobId: job.id, position: 3, etaMs: 9_000 });
    expect(page.view(job).queue).toBe(shown);
    page.hear('ws', { type: 'queue', jobId: job.id, position: 2, etaMs: 9_000 });
    expect(page.view(job).queue).toStrictEqual({ position: 2, etaMs: 9_000 });
  });

  test.each([
    { title: 'another position', first: 3, second: 2, news: true },
    { title: 'another estimate', first: 3, second: 3, news: false },
  ])('[C6] $title is news for a polling: $news', ({ first, second, news }) => {
    openPoll();
    page.hear('poll', subscribed(), events(1, 1), { type: 'queue', jobId: job.id, position: first });
    page.answerPoll(job);
    page.pass(2_000);
    page.hear('poll', subscribed(), { type: 'queue', jobId: job.id, position: second, etaMs: 5 });
    expect(watched().poll.news).toBe(news);
    page.hear('poll', { type: 'queue', jobId: job.id, position: second, etaMs: 6 });
    expect(watched().poll.news).toBe(news);
  });

  test('[C6] what is new in an answer is news; what is known is not', () => {
    openPoll();
    page.hear('poll', subscribed());
    expect(watched().poll.news).toBe(true);
    page.hear('poll', events(1, 1));
    page.answerPoll(job);
    page.pass(2_000);
    page.hear('poll', subscribed(), events(1, 1));
    expect(watched().poll.news).toBe(false);
  });

  test('[C6] a log that starts over is news', () => {
    openPoll();
    page.answerPoll(job);
    page.pass(2_000);
    page.hear('poll', { type: 'reset', reason: 'epoch', jobId: job.id, ...job.snapshot() });
    expect(watched().poll.news).toBe(true);
  });

  test('[C6] what arrives on the socket is no news for a polling', () => {
    page.connect(job);
    page.hear('ws', events(1, 1));
    expect(watched().poll.news).toBe(false);
  });
});

describe('what is missing', () => {
  test('[C7] a subscription that is behind is asked for again at the second heartbeat, not at the first', () => {
    job.steps(2);
    page.connect(job);
    page.hear('ws', events(1, 1));
    page.ping('ws');
    expect(subscribes()).toBe(1);
    page.ping('ws');
    expect(subscribes()).toBe(2);
    page.ping('ws');
    expect(subscribes()).toBe(2);
  });

  test('[C7] one that is not behind is not asked for again; one that goes on is given time', () => {
    job.steps(2);
    page.connect(job);
    page.ping('ws');
    page.hear('ws', events(1, 2));
    page.ping('ws');
    expect(subscribes()).toBe(1);
    page.hear('ws', events(3, 3));
    page.ping('ws');
    page.ping('ws');
    expect(subscribes()).toBe(1);
    expect(watched().behind).toBe(false);
  });

  test('[C7] a stream that is behind at two heartbeats is opened again from the cursor', () => {
    job.steps(2);
    openStream();
    page.hear('sse', subscribed(), events(1, 2));
    page.ping('sse');
    expect(page.links('sse')).toHaveLength(1);
    page.ping('sse');
    expect(page.links('sse')).toEqual([]);
    page.pass(450);
    expect(page.link('sse')).toMatchObject({ after: 2, epoch: 'e1' });
  });

  test('[C7] an event ends the count of gaps in a row', () => {
    job.steps(9);
    page.connect(job);
    for (let seq = 1; seq <= 5; seq += 1) {
      page.hear('ws', events(seq + 1, seq + 1));
      page.hear('ws', subscribed(), events(seq, seq));
    }
    expect(subscribes()).toBe(6);
    expect(page.opened).toEqual(['ws']);
  });

  test('[C7] three gaps in a row are asked for again; the fourth ends the connection', () => {
    job.steps(9);
    page.connect(job);
    for (let gap = 1; gap <= 3; gap += 1) {
      page.hear('ws', events(5, 5), events(6, 6));
      expect(subscribes()).toBe(1 + gap);
      page.hear('ws', subscribed());
    }
    page.hear('ws', events(5, 5));
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', mode: 'ws', reconnectAttempt: 1 });
  });

  test('[C7] a gap before the subscription is answered is left to the answer; a gap opens no stream', () => {
    job.steps(3);
    page.give({ type: 'watch', jobId: job.id });
    page.hello();
    page.hear('ws', events(2, 2));
    expect(subscribes()).toBe(1);
    page.hear('ws', subscribed(), events(2, 2));
    expect(subscribes()).toBe(2);
    expect(watched().stream).toEqual(newLane());
  });

  test('[C7] a gap in an answer to a poll is left to the next one', () => {
    job.steps(3);
    openPoll();
    const { link } = page.link('poll');
    page.hear('poll', subscribed(), events(2, 2));
    expect(page.link('poll').link).toBe(link);
    expect(page.opened).toEqual(['ws', 'sse', 'poll']);
  });

  test('[W4] an end moves the head, never back', () => {
    page.connect(job);
    page.hear('ws', events(1, 1), { type: 'end', jobId: job.id, head: 5, status: 'completed' });
    expect(watched().log.head).toBe(5);
    page.hear('ws', subscribed(), { type: 'end', jobId: job.id, head: 2, status: 'completed' });
    expect(watched().log.head).toBe(5);
  });

  test('[W4] an end that is true ends the watch', () => {
    page.connect(job);
    const { job: cancelled } = { job: job.append('cancelled') };
    page.hear('ws', events(1, 1));
    page.hear('ws', { type: 'event', event: cancelled }, { type: 'end', jobId: job.id, head: 2, status: 'cancelled' });
    expect(page.view(job).phase).toBe('ended');
    expect(subscribes()).toBe(1);
  });
});

describe('a watch that is done', () => {
  test('is not changed by what arrives later on a socket that others use', () => {
    page.connect(job);
    watchOther();
    job.append('cancelled');
    page.hear('ws', events(1, 2));
    const before = page.view(job);
    page.pass(10);
    job.restore('e2', 1);
    page.hear('ws', { type: 'reset', reason: 'epoch', jobId: job.id, ...job.snapshot() }, subscribed());
    expect(page.view(job)).toEqual({ ...before, lastMessageAt: page.now });
  });

  test('asks for nothing, whatever follows its last event', () => {
    page.connect(job);
    watchOther();
    const last = job.append('cancelled');
    page.hear('ws', { ...events(1, 2), events: [...job.events, { ...last, seq: 4 }] });
    expect(page.view(job).phase).toBe('ended');
    expect(subscribes()).toBe(2);
  });

  test('leaves its subscription to others', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.give({ type: 'watch', jobId: other.id });
    page.hear('ws', hello(1));
    expect(subscribes()).toBe(1);
    job.append('cancelled');
    page.hear('ws', subscribed(), events(1, 2));
    expect(page.said.at(-1)).toMatchObject({ type: 'subscribe', jobId: other.id });
  });
});

describe('a goodbye', () => {
  test('[S4] before the job counts as a failure; the third gives the stream up', () => {
    openStream();
    for (let round = 0; round < 3; round += 1) {
      page.hear('sse', { type: 'bye', afterMs: 100 });
      page.pass(100);
    }
    expect(watched().stream.state.at).toBe('demoted');
  });

  test('[C4] of a live stream is healthy', () => {
    openStream();
    for (let round = 0; round < 5; round += 1) {
      page.hear('sse', subscribed());
      page.hear('sse', { type: 'bye', afterMs: 100 });
      page.pass(100);
    }
    expect(page.links('sse')).toHaveLength(1);
  });

  test('[C4] of a live stream does not count against it', () => {
    openStream();
    page.hear('sse', subscribed());
    page.hear('sse', { type: 'bye', afterMs: 100 });
    for (let failure = 0; failure < 2; failure += 1) {
      page.pass(2_000);
      page.end('sse', BROKEN);
    }
    expect(watched().stream.state.at).toBe('waiting');
  });

  test('in an answer to a poll means nothing', () => {
    openPoll();
    const { stream } = watched();
    page.hear('poll', { type: 'bye', afterMs: 100 });
    expect(watched().stream).toBe(stream);
  });
});
