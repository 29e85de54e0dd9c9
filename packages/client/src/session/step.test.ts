import { apiError } from '@darkroom/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeSession } from '../testing/fake-session.ts';
import { TestJob } from '../testing/test-job.ts';

const broken = { kind: 'failed', error: apiError('NETWORK_DISCONNECTED') } as const;

let job: TestJob;
let page: FakeSession;

beforeEach(() => {
  job = new TestJob();
  page = new FakeSession();
});

const seqs = () => page.view(job).events.map((event) => event.seq);
const event = (seq: number) => {
  const found = job.events[seq - 1];
  if (found === undefined) throw new Error(`no event ${seq}`);
  return { type: 'event' as const, event: found };
};
/** Refuses WebSocket, so that the stream is tried. */
const toStream = () => {
  page.give({ type: 'watch', jobId: job.id });
  page.end('ws', broken);
};
/** Connects the stream, up to the newest event. */
const streaming = () => {
  toStream();
  page.hear(
    'sse',
    { type: 'subscribed', jobId: job.id, ...job.snapshot() },
    ...job.events.map((each) => event(each.seq)),
  );
};
/** Refuses both, so that the job is polled. */
const toPolling = () => {
  toStream();
  page.end('sse', broken);
};

describe('the ladder', () => {
  test('[C1] a watch is loading, then live over WebSocket', () => {
    page.give({ type: 'watch', jobId: job.id });
    expect(page.view(job)).toMatchObject({ phase: 'loading', mode: 'ws', demotion: undefined });
    page.hello();
    expect(page.said).toEqual([{ type: 'subscribe', jobId: job.id, afterSeq: 0 }]);
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'ws', job: { status: 'queued' } });
  });

  test('[C1] no hello within 5 s of construction demotes to SSE, then to polling', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.pass(4_999);
    expect(page.links('sse')).toEqual([]);
    page.pass(1);
    expect(page.links('ws')).toEqual([]);
    expect(page.view(job)).toMatchObject({ mode: 'sse', demotion: 'blocked' });
    page.link('sse');
    page.pass(5_000);
    expect(page.links('sse')).toEqual([]);
    page.answerPoll(job);
    expect(page.view(job)).toMatchObject({ phase: 'polling', mode: 'poll', demotion: 'blocked' });
  });

  test('[C1] a job that is known is connecting, not loading', () => {
    page.give({ type: 'watch', jobId: job.id, job: job.job });
    expect(page.view(job)).toMatchObject({ phase: 'connecting', job: { id: job.id } });
  });

  test('[C1] while the socket says nothing, the job is read by a poll after a moment', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.pass(1_499);
    expect(page.links('poll')).toEqual([]);
    page.pass(1);
    page.answerPoll(job);
    expect(page.view(job)).toMatchObject({ phase: 'connecting', mode: 'ws', job: { id: job.id } });
    expect(seqs()).toEqual([1]);
  });

  test('[C1] an opening that fails at once demotes at once', () => {
    toStream();
    page.hear('sse', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'sse', demotion: 'blocked' });
  });

  test('[C2] 25 s of silence reconnect the same transport; twice in a row without progress demote', () => {
    page.connect(job);
    page.pass(25_000);
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', mode: 'ws', reconnectAttempt: 1 });
    page.pass(1_000);
    page.hello();
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    page.pass(25_000);
    expect(page.links('ws')).toEqual([]);
    expect(page.link('sse').jobId).toBe(job.id);
    expect(page.view(job).demotion).toBe('lost');
  });

  test('[C2] any frame counts: with heartbeats a quiet connection stays', () => {
    page.connect(job);
    for (let beat = 0; beat < 30; beat += 1) {
      page.pass(10_000);
      page.ping('ws');
    }
    expect(page.opened).toEqual(['ws']);
    expect(page.said.filter((said) => said.type === 'pong')).toHaveLength(30);
  });

  test('[C2] a timer that fires late gives the page a second to hear what waits in the line', () => {
    page.connect(job);
    page.now += 60_000;
    page.give({ type: 'tick' });
    expect(page.view(job).phase).toBe('live');
    page.ping('ws');
    page.pass(20_000);
    expect(page.view(job).phase).toBe('live');
    page.pass(5_000);
    expect(page.view(job).phase).toBe('reconnecting');
  });

  test('[C3] heartbeats in late clumps, twice, demote', () => {
    streaming();
    page.ping('sse');
    for (let clump = 0; clump < 2; clump += 1) {
      page.pass(20_000);
      page.hear('sse', { type: 'ping', now: page.now - 10_000 }, { type: 'ping', now: page.now });
    }
    expect(page.links('sse')).toEqual([]);
    page.answerPoll(job);
    expect(page.view(job)).toMatchObject({ phase: 'polling', demotion: 'blocked' });
  });

  test('[C3] a page that slept and finds old heartbeats in its line is not behind a buffering proxy', () => {
    page.connect(job);
    for (let sleep = 0; sleep < 3; sleep += 1) {
      page.now += 60_000;
      for (const late of [50_000, 40_000, 30_000, 20_000, 10_000, 0]) page.ping('ws', late);
    }
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'ws' });
  });

  test('[C4] a clean end is healthy: short streams are opened again, never given up', () => {
    toStream();
    for (let round = 0; round < 20; round += 1) {
      page.hear('sse', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
      page.end('sse', { kind: 'done' });
      for (let waited = 0; waited < 31_000 && page.links('sse').length === 0; waited += 100) {
        page.pass(100);
        if (page.links('ws').length > 0) page.end('ws', broken);
      }
      expect(page.link('sse').jobId).toBe(job.id);
    }
  });

  test('[C5] the backoff grows with every loss and is not reset by a mere hello', () => {
    page.connect(job);
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      page.end('ws', broken);
      const { state } = page.state.socket;
      const wait = state.at === 'waiting' ? state.until - page.now : 0;
      waits.push(wait);
      page.pass(wait);
      page.hello();
    }
    expect(waits.slice(0, 4)).toEqual([450, 700, 1_200, 2_200]);
    expect(Math.max(...waits)).toBe(200 + 15_000);
  });

  test('[C5] a durable event and 10 s of life reset the backoff', () => {
    page.connect(job);
    page.end('ws', broken);
    page.pass(450);
    page.hello();
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(1));
    page.pass(10_000);
    page.end('ws', broken);
    expect(page.view(job).reconnectAttempt).toBe(1);
  });

  test('[C5] bye and Retry-After win over the backoff, within bounds', () => {
    page.connect(job);
    page.hear('ws', { type: 'bye', afterMs: 7_000 });
    page.end('ws', broken);
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', retryAt: page.now + 7_000 });
    page.pass(7_000);
    page.hello();
    page.hear('ws', { type: 'bye', afterMs: 2 ** 40 });
    page.end('ws', broken);
    expect(page.state.socket.state).toEqual({ at: 'waiting', until: page.now + 600_000 });
  });

  test('[C5] retry: of a stream is a floor under the backoff, and bounded', () => {
    toStream();
    page.hear('sse', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    page.end('sse', { kind: 'done', floorMs: 3_000_000_000 });
    expect(page.state.watches.get(job.id)?.stream.state).toEqual({ at: 'waiting', until: page.now + 600_000 });
  });

  test('[S4] a bye before the job is trouble that passes: the stream is not given up', () => {
    toStream();
    page.hear('sse', { type: 'bye', afterMs: 2_000 });
    expect(page.state.watches.get(job.id)?.stream.state).toEqual({ at: 'waiting', until: page.now + 2_000 });
  });

  test('[W9] a close code that says stop is obeyed until the reader wants it otherwise', () => {
    page.connect(job);
    page.end('ws', { kind: 'stopped', error: apiError('STREAM_UNAVAILABLE') });
    page.hear('sse', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(1));
    for (let beat = 0; beat < 200; beat += 1) {
      page.pass(10_000);
      page.ping('sse');
    }
    expect(page.links('ws')).toEqual([]);
    page.give({ type: 'reconnect' });
    page.link('ws');
  });
});

describe('a lost connection', () => {
  test('[C5] reconnects; while that takes longer than a moment, polling delivers and the state is kept', () => {
    page.connect(job);
    page.hear('ws', event(1));
    page.end('ws', broken);
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', mode: 'ws', job: { status: 'queued' } });
    page.pass(450);
    page.end('ws', broken);
    page.pass(1_050);
    job.steps(3);
    page.answerPoll(job);
    expect(page.view(job)).toMatchObject({ phase: 'polling', mode: 'poll', demotion: 'lost', reconnectAttempt: 0 });
    expect(seqs()).toEqual([1, 2, 3, 4]);
    page.hello();
    expect(page.said.at(-1)).toMatchObject({ type: 'subscribe', afterSeq: 4, epoch: 'e1' });
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'ws' });
    expect(page.links('poll')).toEqual([]);
  });

  test('[C5] when nothing can be reached it is reconnecting, and says when', () => {
    page.connect(job);
    page.end('ws', broken);
    for (let second = 0; second < 120; second += 1) {
      for (const { kind } of [...page.open.values()]) page.end(kind, broken);
      expect(page.view(job).phase).toBe('reconnecting');
      expect(page.view(job).job?.id).toBe(job.id);
      page.pass(1_000);
    }
    expect(page.view(job).reconnectAttempt).toBeGreaterThan(3);
    expect(page.view(job).retryAt).toBeGreaterThan(page.now);
  });

  test('[C7] a server that is back is tried with WebSocket at once, not after 30 s', () => {
    toPolling();
    page.end('poll', broken);
    page.pass(1_000);
    page.answerPoll(job);
    page.hello();
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'ws' });
  });

  test('[C5] 503 with Retry-After: the poll comes back after that time', () => {
    toPolling();
    page.end('poll', { kind: 'failed', error: apiError('SHUTTING_DOWN'), afterMs: 9_000 });
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', retryAt: page.now + 9_000 });
  });
});

describe('polling', () => {
  test('[C6] starts at 2 s, grows to 15 s while nothing is new, and is 2 s again on news', () => {
    toPolling();
    const intervals: number[] = [];
    page.answerPoll(job);
    for (let round = 0; round < 7; round += 1) {
      intervals.push(page.view(job).pollIntervalMs);
      const before = page.opened.filter((kind) => kind === 'poll').length;
      page.pass(page.view(job).pollIntervalMs - 1);
      for (const kind of ['ws', 'sse'] as const) if (page.links(kind).length > 0) page.end(kind, broken);
      expect(page.opened.filter((kind) => kind === 'poll')).toHaveLength(before);
      page.pass(1);
      page.answerPoll(job);
    }
    expect(intervals).toEqual([2_000, 3_000, 4_500, 6_750, 10_125, 15_000, 15_000]);
    page.pass(15_000);
    for (const kind of ['ws', 'sse'] as const) if (page.links(kind).length > 0) page.end(kind, broken);
    job.append('running');
    page.answerPoll(job);
    expect(page.view(job).pollIntervalMs).toBe(2_000);
  });

  test('[H1] asks again at once while the server has more', () => {
    job.steps(450);
    toPolling();
    for (const expected of [200, 400, 451]) {
      page.answerPoll(job);
      expect(seqs()).toHaveLength(expected);
    }
    expect(page.links('poll')).toEqual([]);
  });

  test('[H3] the validator is used only at the position it was given for', () => {
    toPolling();
    page.answerPoll(job);
    page.pass(2_000);
    expect(page.link('poll').etag).toBe('"1"');
    page.end('poll', { kind: 'unchanged' });
    page.pass(3_000);
    expect(page.link('poll').etag).toBe('"1"');
    job.steps(300);
    page.answerPoll(job);
    expect(page.link('poll')).toMatchObject({ after: 201, etag: undefined });
  });

  test('[C6] a request that is never answered is given up', () => {
    toPolling();
    page.pass(15_000);
    expect(page.view(job).phase).toBe('reconnecting');
  });

  test('[C9] chosen polling stays, over climbs and coming online, until the reader says reconnect', () => {
    page.connect(job);
    page.give({ type: 'choose-polling' });
    expect(page.view(job)).toMatchObject({ phase: 'polling', mode: 'poll', demotion: 'chosen' });
    expect(page.links('ws')).toEqual([]);
    for (let round = 0; round < 50; round += 1) {
      if (page.links('poll').length > 0) page.answerPoll(job);
      page.give({ type: 'online' });
      page.pass(15_000);
    }
    expect(page.opened.filter((kind) => kind !== 'poll')).toEqual(['ws']);
    expect(new FakeSession(page.memory).memory.chosen).toBe(true);
    page.give({ type: 'reconnect' });
    page.hello();
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'ws', demotion: undefined });
    expect(page.links('poll')).toEqual([]);
  });

  test('[R2] what a request answered is seen at once, and a polling looks at once', () => {
    toPolling();
    page.answerPoll(job);
    job.append('cancelled');
    page.give({ type: 'learn', job: job.job });
    expect(page.view(job)).toMatchObject({ phase: 'polling', job: { status: 'cancelled' } });
    page.answerPoll(job);
    expect(page.view(job).phase).toBe('ended');
    expect(seqs()).toEqual([1, 2]);
    expect(page.open.size).toBe(0);
  });
});

describe('climbing back', () => {
  test('[C7] WebSocket is tried beside the stream after 30 s, 2 min, 10 min; the stream goes on meanwhile', () => {
    streaming();
    const start = page.now;
    const tries: number[] = [];
    for (let second = 1; second <= 1_500; second += 1) {
      page.pass(1_000);
      if (second % 10 === 0) page.ping('sse');
      if (page.links('ws').length === 0) continue;
      tries.push(Math.round((page.now - start) / 1_000));
      page.end('ws', broken);
      expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'sse' });
    }
    expect(tries).toEqual([30, 150, 750, 1_350]);
  });

  test('[C7] the stream closes only when the socket has answered for the job; overlap is dropped', () => {
    job.steps(3);
    toStream();
    page.hear('sse', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(1), event(2));
    page.pass(20_000);
    page.ping('sse');
    page.pass(10_000);
    page.hello();
    page.hear('sse', event(3));
    expect(page.view(job).mode).toBe('sse');
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(3), event(4));
    expect(page.links('sse')).toEqual([]);
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'ws', demotion: undefined });
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  test('[C7] it is tried when the page comes online or is visible again', () => {
    toPolling();
    page.answerPoll(job);
    page.pass(1_000);
    page.give({ type: 'visible' });
    expect(page.links('ws')).toHaveLength(1);
    expect(page.links('sse')).toHaveLength(1);
    expect(page.view(job).phase).toBe('polling');
  });

  test('[C7] what lives but was silent over a sleep is opened anew when the page is visible', () => {
    page.connect(job);
    page.now += 16_000;
    page.give({ type: 'visible' });
    expect(page.opened).toEqual(['ws', 'ws']);
  });

  test('[C8] a demotion is remembered for 10 min; coming online forgets it', () => {
    toStream();
    expect(page.memory.ws).toBe(page.now + 600_000);
    const next = new FakeSession(page.memory);
    next.give({ type: 'watch', jobId: job.id });
    expect(next.opened).toEqual(['sse']);
    next.give({ type: 'online' });
    expect(next.opened).toEqual(['sse', 'ws']);
    expect(next.memory.ws).toBeUndefined();
    const later = new FakeSession({ ws: page.now - 1 });
    later.give({ type: 'watch', jobId: job.id });
    expect(later.opened).toEqual(['ws']);
  });

  test('[C7] a page in the back/forward cache has nothing open, and connects again when it is shown', () => {
    page.connect(job);
    page.give({ type: 'pagehide' });
    expect(page.open.size).toBe(0);
    page.pass(3_600_000);
    expect(page.open.size).toBe(0);
    page.give({ type: 'pageshow' });
    page.hello();
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    expect(page.view(job).phase).toBe('live');
  });
});

describe('the position', () => {
  test('[P2] heartbeats, queue places, snapshots and unknown messages do not move it', () => {
    job.steps(9);
    page.connect(job);
    page.ping('ws');
    page.hear('ws', { type: 'queue', jobId: job.id, position: 99 }, { type: 'pong', now: 1 });
    page.hear('ws');
    page.end('ws', broken);
    page.pass(450);
    page.hello();
    expect(page.said.at(-1)).toMatchObject({ type: 'subscribe', afterSeq: 0 });
  });

  test('[P4] duplicates are dropped and do not inflate it', () => {
    job.steps(2);
    page.connect(job);
    page.hear('ws', event(1), event(1), event(2), event(1), event(2), event(2), event(3));
    expect(seqs()).toEqual([1, 2, 3]);
    expect(page.said.filter((said) => said.type === 'subscribe')).toHaveLength(1);
  });

  test('[C7] a gap subscribes again from the cursor, once', () => {
    job.steps(4);
    page.connect(job);
    page.hear('ws', event(1), event(3), event(4));
    expect(page.said.filter((said) => said.type === 'subscribe').map((said) => said.afterSeq)).toEqual([0, 1]);
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(2), event(3), event(4), event(5));
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(page.opened).toEqual(['ws']);
  });

  test('[C7] a gap that never heals ends in a new connection, not in a storm', () => {
    job.steps(4);
    page.connect(job);
    for (let round = 0; round < 4; round += 1) {
      page.hear('ws', event(3));
      if (page.links('ws').length > 0) page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    }
    expect(page.links('ws')).toEqual([]);
    expect(page.view(job).phase).toBe('reconnecting');
  });

  test('[C7] a gap in a stream opens it again from the cursor', () => {
    job.steps(4);
    toStream();
    page.hear('sse', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(1), event(2), event(4));
    page.pass(1_000);
    expect(page.link('sse')).toMatchObject({ after: 2, epoch: 'e1' });
  });

  test('[P3] reset starts over, and a job may even go back', () => {
    job.steps(5);
    page.connect(job);
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events });
    job.restore('e2', 2);
    page.hear('ws', { type: 'reset', jobId: job.id, reason: 'epoch', ...job.snapshot() });
    expect(page.view(job)).toMatchObject({ events: [], job: { lastEventSeq: 2 } });
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events });
    expect(seqs()).toEqual([1, 2]);
  });

  test('[P3] another epoch without a reset is started over from the first event', () => {
    job.steps(5);
    page.connect(job);
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events });
    page.end('ws', broken);
    page.pass(450);
    job.restore('e2', 4);
    page.hello();
    job.steps(3);
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(7));
    expect(page.said.at(-1)).toMatchObject({ afterSeq: 0, epoch: 'e2' });
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events });
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('[P3] a job heard of before its log was restored does not stand in the way', () => {
    job.steps(5);
    page.give({ type: 'watch', jobId: job.id, job: job.job });
    job.restore('e2', 2);
    job.append('cancelled');
    page.hello();
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events });
    expect(page.view(job)).toMatchObject({ phase: 'ended', job: { status: 'cancelled' } });
  });

  test('[C7] a last event that was missed is asked for when heartbeats come and it does not', () => {
    job.steps(1);
    page.connect(job);
    page.hear('ws', event(1));
    page.ping('ws');
    page.pass(10_000);
    page.ping('ws');
    expect(page.said.filter((said) => said.type === 'subscribe').at(-1)).toMatchObject({ afterSeq: 1 });
  });

  test('[W4] an end is not taken on trust: what is missing is asked for', () => {
    page.connect(job);
    page.hear('ws', event(1));
    job.append('running');
    job.append('completed', { resultUrls: ['/x.png'] });
    page.hear('ws', { type: 'end', jobId: job.id, head: 3, status: 'completed' });
    expect(page.view(job).phase).toBe('live');
    expect(page.said.at(-1)).toMatchObject({ type: 'subscribe', afterSeq: 1 });
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() });
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events.slice(1) });
    expect(page.view(job)).toMatchObject({ phase: 'ended', job: { status: 'completed' } });
    expect(page.open.size).toBe(0);
  });

  test('[S3] 204 while the end is not known here: a poll finds it', () => {
    toStream();
    page.end('sse', { kind: 'gone' });
    job.append('cancelled');
    page.answerPoll(job);
    expect(page.view(job).phase).toBe('ended');
  });

  test('[J2] the job never goes backwards while its history arrives', () => {
    job.steps(3);
    job.append('completed', { resultUrls: ['/x.png'] });
    page.connect(job);
    page.hear('ws', event(1), event(2));
    expect(page.view(job).job?.status).toBe('completed');
    expect(page.view(job).phase).toBe('live');
    page.hear('ws', event(3), event(4), event(5));
    expect(page.view(job).phase).toBe('ended');
  });
});

describe('jobs of one page', () => {
  test('[W2] share one socket; the last to leave closes it', () => {
    const other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    page.connect(job);
    page.give({ type: 'watch', jobId: other.id });
    page.hear('ws', { type: 'subscribed', jobId: other.id, ...other.snapshot() });
    expect(page.opened).toEqual(['ws']);
    page.give({ type: 'unwatch', jobId: job.id });
    expect(page.said.at(-1)).toEqual({ type: 'unsubscribe', jobId: job.id });
    expect(page.view(other).phase).toBe('live');
    page.give({ type: 'unwatch', jobId: other.id });
    expect(page.open.size).toBe(0);
  });

  test('[W2] beyond what a socket may hold, a job is polled', () => {
    const ids = Array.from({ length: 3 }, (_, index) => `${index}`.repeat(22));
    for (const id of ids) page.give({ type: 'watch', jobId: id });
    page.hear('ws', { type: 'hello', connectionId: 'c', heartbeatMs: 10_000, maxSubscriptions: 2, now: page.now });
    expect(page.said).toHaveLength(2);
    page.pass(1_500);
    expect(page.links('poll').map((poll) => poll.jobId)).toContain(ids[2]);
  });

  test('[W5] a refused job ends in refused; the others stay', () => {
    const other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    page.connect(job);
    page.give({ type: 'watch', jobId: other.id });
    page.hear('ws', { type: 'error', jobId: other.id, error: apiError('NOT_FOUND') });
    expect(page.view(other)).toMatchObject({ phase: 'refused', error: { code: 'NOT_FOUND' } });
    expect(page.view(job).phase).toBe('live');
  });

  test('[J4] a failed job that may be retried stays subscribed, and shows the retry', () => {
    const error = { code: 'PROVIDER_TIMEOUT', message: 'late', retryable: true } as const;
    job.append('running');
    job.append('failed', { error });
    page.connect(job);
    page.hear('ws', { type: 'events', jobId: job.id, events: job.events });
    expect(page.view(job)).toMatchObject({ phase: 'live', job: { status: 'failed' } });
    job.append('queued', { attempt: 2 });
    page.hear('ws', event(4));
    expect(page.view(job)).toMatchObject({ phase: 'live', job: { status: 'queued', attempt: 2 } });
    expect(page.view(job).job?.error).toBeUndefined();
  });
});

describe('conversations', () => {
  test('[M8] whoever listens has a socket without any job, and is told what changed and when all may have', () => {
    page.give({ type: 'listen', wanted: true });
    page.hello();
    page.hear('ws', { type: 'conversation', conversationId: 'c1', updatedAt: '2026-01-01T00:00:00Z' });
    expect(page.told).toEqual([undefined, 'c1']);
    page.end('ws', broken);
    page.pass(2_000);
    page.hello();
    expect(page.told).toEqual([undefined, 'c1', undefined]);
    page.give({ type: 'listen', wanted: false });
    expect(page.links('ws')).toEqual([]);
  });
});

describe('watching', () => {
  test('a job that is watched already goes on', () => {
    page.connect(job);
    page.hear('ws', event(1));
    const { state } = page;
    page.give({ type: 'watch', jobId: job.id, job: job.job });
    expect(page.state).toEqual(state);
  });

  test('leaving a job that is not watched changes nothing', () => {
    page.connect(job);
    const { state } = page;
    page.give({ type: 'unwatch', jobId: 'unknown' });
    expect(page.state).toEqual(state);
    expect(page.said).toHaveLength(1);
  });

  test('[W2] a job that was asked for is left before its answer', () => {
    page.connect(new TestJob('BBBBBBBBBBBBBBBBBBBBBB'));
    page.give({ type: 'watch', jobId: job.id });
    page.give({ type: 'unwatch', jobId: job.id });
    expect(page.said.at(-1)).toEqual({ type: 'unsubscribe', jobId: job.id });
  });

  test('[W2] nothing is said for a job that has no subscription, or none any more', () => {
    page.connect(new TestJob('BBBBBBBBBBBBBBBBBBBBBB'));
    page.give({ type: 'watch', jobId: job.id });
    job.append('cancelled');
    page.hear('ws', { type: 'subscribed', jobId: job.id, ...job.snapshot() }, event(1), event(2));
    expect(page.view(job).phase).toBe('ended');
    page.give({ type: 'unwatch', jobId: job.id });
    page.give({ type: 'watch', jobId: job.id });
    page.hear('ws', { type: 'error', jobId: job.id, error: apiError('TOO_MANY_SUBSCRIPTIONS') });
    page.give({ type: 'unwatch', jobId: job.id });
    expect(page.said.filter(({ type }) => type === 'unsubscribe')).toEqual([]);
  });

  test('leaving a job closes its stream and its poll', () => {
    toStream();
    page.pass(1_500);
    expect([...page.open.values()].map(({ kind }) => kind)).toEqual(['sse', 'poll']);
    page.give({ type: 'unwatch', jobId: job.id });
    expect(page.open.size).toBe(0);
  });

  test('[C8] a job that is watched later knows that streams do not work here', () => {
    toPolling();
    const other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    page.give({ type: 'watch', jobId: other.id });
    expect(page.links('poll').map(({ jobId }) => jobId)).toEqual([job.id, other.id]);
    expect(page.links('sse')).toEqual([]);
  });
});

describe('coming back', () => {
  test.each(['online', 'visible'] as const)('[C7] %s: a socket that was silent for 15 s is kept', (type) => {
    page.connect(job);
    page.now += 15_000;
    page.give({ type });
    expect(page.opened).toEqual(['ws']);
  });

  test.each(['online', 'visible'] as const)(
    '[C7] %s: one that was silent for longer is opened again at once',
    (type) => {
      page.connect(job);
      page.now += 15_001;
      page.give({ type });
      expect(page.opened).toEqual(['ws', 'ws']);
      expect(page.open.size).toBe(1);
    },
  );

  test.each(['online', 'visible'] as const)(
    '[C7] %s: a silent stream is opened again at once, a live one kept',
    (type) => {
      streaming();
      page.now += 15_000;
      page.give({ type });
      expect(page.links('sse')).toHaveLength(1);
      expect(page.opened).toEqual(['ws', 'sse', 'ws']);
      page.now += 1;
      page.give({ type });
      expect(page.links('sse')).toHaveLength(1);
      expect(page.opened).toEqual(['ws', 'sse', 'ws', 'sse']);
    },
  );

  test('[C7] a connection that is being opened is left in peace', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.now += 4_000;
    page.give({ type: 'visible' });
    expect(page.opened).toEqual(['ws', 'poll']);
  });

  test('[C7] what waits for its time is tried now, and nothing later than it was', () => {
    page.connect(job);
    page.end('ws', broken);
    expect(page.links('ws')).toEqual([]);
    page.give({ type: 'visible' });
    expect(page.links('ws')).toHaveLength(1);
    page = new FakeSession();
    toPolling();
    page.answerPoll(job);
    page.give({ type: 'visible' });
    expect(page.links('poll')).toHaveLength(1);
  });

  test('[C8] visible keeps what was learnt of the network; online forgets it', () => {
    toPolling();
    const { memory } = page;
    page.give({ type: 'visible' });
    expect(page.memory).toBe(memory);
    page.give({ type: 'online' });
    expect(page.memory).toEqual({ ws: undefined, sse: undefined });
    const forgotten = page.memory;
    page.give({ type: 'online' });
    expect(page.memory).toBe(forgotten);
  });

  test.each([{ ws: 1_500_000 }, { sse: 1_500_000 }])('[C8] online forgets %j', (memory) => {
    page = new FakeSession({ ...memory, chosen: true });
    page.give({ type: 'online' });
    expect(page.memory).toEqual({ chosen: true });
  });

  test('[C7] a page that is shown again tries at once', () => {
    page.connect(job);
    page.end('ws', broken);
    page.give({ type: 'pagehide' });
    page.give({ type: 'pageshow' });
    expect(page.links('ws')).toHaveLength(1);
  });

  test('[C7] a page that hides leaves its connections for nothing to come', () => {
    streaming();
    page.give({ type: 'pagehide' });
    expect(page.open.size).toBe(0);
    expect(page.view(job).phase).toBe('reconnecting');
    page.pass(60_000);
    page.give({ type: 'pageshow' });
    expect(page.link('sse').after).toBe(1);
  });
});

describe('the reader reconnects', () => {
  test('a live socket is opened again, from the cursor', () => {
    page.connect(job);
    page.hear('ws', event(1));
    const { link } = page.link('ws');
    page.give({ type: 'reconnect' });
    expect(page.link('ws').link).not.toBe(link);
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', reconnectAttempt: 0 });
    page.hello();
    expect(page.said.at(-1)).toMatchObject({ type: 'subscribe', afterSeq: 1 });
  });

  test('[C4] a live socket that is opened again has proven itself: one failure does not demote it', () => {
    page.connect(job);
    page.give({ type: 'reconnect' });
    page.end('ws', broken);
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', mode: 'ws' });
  });

  test('a socket that is being opened is not opened again', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.give({ type: 'reconnect' });
    expect(page.opened).toEqual(['ws']);
  });

  test('a socket that waits is opened now, without a count against it', () => {
    page.connect(job);
    page.end('ws', broken);
    page.give({ type: 'reconnect' });
    expect(page.state.socket).toMatchObject({ attempt: 0, proven: true, state: { at: 'opening', probe: false } });
    expect(page.links('sse')).toEqual([]);
  });

  test('a socket that was given up is tried beside the stream', () => {
    streaming();
    page.give({ type: 'reconnect' });
    expect(page.links('ws')).toHaveLength(1);
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'sse', demotion: 'blocked' });
    page.end('ws', broken);
    expect(page.view(job)).toMatchObject({ phase: 'live', mode: 'sse', demotion: 'blocked' });
  });

  test('all that was remembered is forgotten', () => {
    toPolling();
    page.give({ type: 'choose-polling' });
    expect(page.memory.chosen).toBe(true);
    const { memory } = page;
    page.give({ type: 'choose-polling' });
    expect(page.memory).toBe(memory);
    page.give({ type: 'reconnect' });
    expect(page.memory).toEqual({});
  });

  test('a refused job is asked for again, others are left as they are', () => {
    const other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    page.connect(other);
    page.give({ type: 'watch', jobId: job.id });
    page.hear('ws', { type: 'error', jobId: job.id, error: apiError('NOT_FOUND') });
    page.give({ type: 'reconnect' });
    expect(page.view(job).phase).not.toBe('refused');
    page.hello();
    expect(page.said.slice(-2).map((said) => 'jobId' in said && said.jobId)).toEqual([other.id, job.id]);
  });

  test('[C6] a polling looks at once', () => {
    toPolling();
    page.answerPoll(job);
    page.give({ type: 'reconnect' });
    expect(page.links('poll')).toHaveLength(1);
  });
});

describe('a job that is heard of', () => {
  test('is ignored where it is not watched, or done', () => {
    page.give({ type: 'learn', job: job.job });
    expect(page.state.watches.size).toBe(0);
    job.append('cancelled');
    page.connect(job);
    page.hear('ws', event(1), event(2));
    const { state } = page;
    page.give({ type: 'learn', job: { ...job.job, lastEventSeq: 9 } });
    expect(page.state).toEqual(state);
  });

  test('ends a watch that has every event of it', () => {
    job.append('cancelled');
    page.connect(job);
    page.hear('ws', event(1));
    page.give({ type: 'learn', job: job.job });
    expect(page.view(job).phase).toBe('live');
    page.hear('ws', event(2));
    expect(page.view(job).phase).toBe('ended');
  });
});

describe('the end of a connection', () => {
  test('[W5] a stream or a poll that is refused ends the watch', () => {
    for (const open of [toStream, toPolling]) {
      page = new FakeSession();
      open();
      page.end(open === toStream ? 'sse' : 'poll', { kind: 'refused', error: apiError('NOT_FOUND') });
      expect(page.view(job)).toMatchObject({ phase: 'refused', error: { code: 'NOT_FOUND' } });
      expect(page.open.size).toBe(0);
    }
  });

  test('a socket that fails says why to every watch; one that closes says nothing', () => {
    const other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    page.connect(job);
    page.give({ type: 'watch', jobId: other.id });
    page.end('ws', { kind: 'done' });
    expect(page.view(job).error).toBeUndefined();
    page.pass(450);
    page.end('ws', { kind: 'failed', error: apiError('RATE_LIMITED') });
    for (const each of [job, other]) expect(page.view(each).error?.code).toBe('RATE_LIMITED');
    page.pass(700);
    page.end('ws', { kind: 'done' });
    expect(page.view(job).error?.code).toBe('RATE_LIMITED');
  });

  test('[C4] the end of a live socket is no failed opening: the third one demotes', () => {
    page.connect(job);
    for (let end = 0; end < 3; end += 1) {
      const { memory } = page;
      page.end('ws', broken);
      expect(page.view(job).mode).toBe('ws');
      expect(page.memory).toBe(memory);
      page.pass(1_499);
      page.links('poll').map(({ kind }) => page.end(kind, broken));
      page.pass(1);
    }
    page.end('ws', broken);
    expect(page.view(job)).toMatchObject({ mode: 'sse', demotion: 'lost' });
  });

  test('[C4] the end of a live stream is no failed opening: the third one demotes', () => {
    streaming();
    for (let end = 0; end < 3; end += 1) {
      const { memory } = page;
      page.end('sse', end === 1 ? { kind: 'done' } : broken);
      expect(page.view(job)).toMatchObject({ mode: 'sse', error: { code: 'NETWORK_DISCONNECTED' } });
      expect(page.memory).toBe(memory);
      page.pass(1_499);
      expect(page.links('poll')).toHaveLength(end === 0 ? 0 : 1);
      page.pass(1_000);
    }
    page.end('sse', broken);
    expect(page.view(job).mode).toBe('poll');
  });

  test('[C1] a subscription or stream that never answered does not put the poll off', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.hello();
    page.pass(1_000);
    page.end('ws', broken);
    page.pass(500);
    expect(page.links('poll')).toHaveLength(1);
    page = new FakeSession();
    toStream();
    page.pass(1_000);
    page.hear('sse', { type: 'bye', afterMs: 9_000 });
    page.pass(500);
    expect(page.links('poll')).toHaveLength(1);
  });

  test.each([
    { kind: 'done', afterMs: 7_000 },
    { kind: 'failed', error: apiError('SHUTTING_DOWN'), afterMs: 7_000 },
    { kind: 'done', floorMs: 7_000 },
  ] as const)('[C5] a wait that the server asked for is kept (%j)', (ending) => {
    page.connect(job);
    page.end('ws', ending);
    expect(page.state.socket.state).toEqual({ at: 'waiting', until: page.now + 7_000 });
  });

  test('[C5] a goodbye wins over what the end asks for, and holds for one connection', () => {
    page.connect(job);
    page.hear('ws', { type: 'bye', afterMs: 3_000 });
    page.end('ws', { kind: 'done', afterMs: 7_000 });
    expect(page.state.socket.state).toEqual({ at: 'waiting', until: page.now + 3_000 });
    page.pass(3_000);
    page.hello();
    page.end('ws', { kind: 'done', afterMs: 7_000 });
    expect(page.state.socket.state).toEqual({ at: 'waiting', until: page.now + 7_000 });
  });

  test('[C5] a goodbye holds for a connection that then goes silent', () => {
    page.connect(job);
    page.hear('ws', { type: 'bye', afterMs: 3_000 });
    page.pass(25_000);
    expect(page.state.socket.state).toEqual({ at: 'waiting', until: page.now + 3_000 });
  });

  test('[C4] an end before the greeting is a failure, however clean', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.end('ws', { kind: 'done' });
    expect(page.view(job)).toMatchObject({ mode: 'sse', demotion: 'blocked' });
    page.end('sse', { kind: 'done' });
    expect(page.view(job).mode).toBe('poll');
  });

  test('[S3] 204 is no failure: the poll comes at once, and the stream again later', () => {
    page.give({ type: 'watch', jobId: job.id });
    page.end('ws', { kind: 'done' });
    page.end('sse', { kind: 'gone' });
    expect(page.links('poll')).toHaveLength(1);
    expect(page.state.watches.get(job.id)?.stream.state).toEqual({ at: 'waiting', until: page.now + 450 });
    expect(page.view(job).error).toBeUndefined();
  });

  test('a stream that fails says why', () => {
    streaming();
    page.end('sse', { kind: 'failed', error: apiError('RATE_LIMITED'), afterMs: 4_000 });
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', mode: 'sse', error: { code: 'RATE_LIMITED' } });
    expect(page.view(job).retryAt).toBe(page.now + 4_000);
  });

  test('[W9] a stream that is told to stop is given up for good', () => {
    streaming();
    page.end('sse', { kind: 'stopped', error: apiError('FORBIDDEN') });
    expect(page.state.watches.get(job.id)?.stream.state).toEqual({ at: 'demoted', probeAt: Number.POSITIVE_INFINITY });
    expect(page.memory.sse).toBe(page.now + 600_000);
  });

  test('[C6] a poll that is told to stop backs off, and shows why', () => {
    toPolling();
    page.end('poll', { kind: 'stopped', error: apiError('FORBIDDEN') });
    expect(page.view(job)).toMatchObject({ phase: 'reconnecting', error: { code: 'FORBIDDEN' } });
    expect(page.view(job).retryAt).toBe(page.now + 450);
  });

  test('[C6] an answer clears the failure, counts as a message and keeps its validator', () => {
    toPolling();
    page.end('poll', { kind: 'failed', error: apiError('SHUTTING_DOWN') });
    page.pass(450);
    expect(page.state.unreachable).toBe(false);
    page.end('poll', { kind: 'unchanged' });
    expect(page.view(job)).toMatchObject({ error: undefined, lastMessageAt: page.now });
    expect(page.links('ws')).toEqual([]);
  });

  test('[C8] the first answer after nothing could be reached tries everything and forgets the demotions', () => {
    toPolling();
    page.end('poll', broken);
    expect(page.state.unreachable).toBe(true);
    expect(page.memory.ws).toBeDefined();
    page.pass(450);
    page.answerPoll(job);
    expect(page.state.unreachable).toBe(false);
    expect(page.memory).toEqual({});
    expect([...page.open.values()].map(({ kind }) => kind).sort()).toEqual(['poll', 'sse', 'ws']);
  });
});
