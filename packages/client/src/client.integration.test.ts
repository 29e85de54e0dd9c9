import type { ProgressEvent } from '@darkroom/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, createClient, type DarkroomClient } from './client.ts';
import { isDarkroomError } from './darkroom-error.ts';
import { ManualEnvironment } from './testing/manual-environment.ts';
import type { TestJob } from './testing/test-job.ts';
import { TestServer } from './testing/test-server.ts';
import type { JobWatch, WatchState } from './watch-state.ts';

let server: TestServer;
let environment: ManualEnvironment;
let client: DarkroomClient;
let job: TestJob;

const connect = (options: ClientOptions = {}) => createClient({ baseUrl: server.url, environment, ...options });

beforeEach(async () => {
  environment = new ManualEnvironment();
  server = await TestServer.start(() => environment.now());
  client = connect();
  job = server.add();
});

afterEach(async () => {
  client.close();
  await server.stop();
});

/** Waits until `check` passes. The limit only ends a test that would wait for ever; a pass never depends on it. */
const fact = (check: () => void) => vi.waitFor(check, { timeout: 100_000, interval: 2 });
// Hundreds of events are left out of what is compared: every check that fails describes what it saw.
const until = (watch: JobWatch, wanted: Partial<Omit<WatchState, 'events'>>) =>
  fact(() => expect({ ...watch.getSnapshot(), events: [] }).toMatchObject(wanted));
const held = (watch: JobWatch, count: number) => fact(() => expect(watch.getSnapshot().events.length).toBe(count));
/** Puts the clock forward to every next try of a lost connection, until `reached`. */
const retryUntil = async (watch: JobWatch, reached: (state: WatchState) => boolean) => {
  const isNext = ({ retryAt = 0 }: WatchState) => retryAt > environment.now();
  for (;;) {
    await fact(() => expect(reached(watch.getSnapshot()) || isNext(watch.getSnapshot())).toBe(true));
    const state = watch.getSnapshot();
    if (reached(state)) return;
    environment.forward((state.retryAt ?? 0) - environment.now());
  }
};
const seqs = (watch: JobWatch) => watch.getSnapshot().events.map(({ seq }) => seq);
const upTo = (head: number) => Array.from({ length: head }, (_, index) => index + 1);
const finish = () => job.append('completed', { resultUrls: ['/x.png'] });
const collect = async (watch: JobWatch) => {
  const events: ProgressEvent[] = [];
  for await (const event of watch) events.push(event);
  return events;
};

/** Each way to read, with what has to be broken to come to it. */
const TRANSPORTS = [
  ['ws', () => {}],
  [
    'sse',
    () => {
      server.faults.refuseUpgrade = true;
    },
  ],
  [
    'poll',
    () => {
      server.faults.refuseUpgrade = true;
      server.faults.streamStatus = 502;
    },
  ],
] as const;

describe.each(TRANSPORTS)('over %s', (mode, breakOthers) => {
  beforeEach(() => breakOthers());

  test('[P4] a watch gets every event once and in order, and ends', async () => {
    job.steps(500);
    const watch = client.watchJob(job.id);
    await held(watch, 501);
    expect(watch.getSnapshot()).toMatchObject({ phase: mode === 'poll' ? 'polling' : 'live', mode });
    job.steps(20);
    finish();
    server.pump();
    environment.forward(mode === 'poll' ? 2_000 : 0);
    await until(watch, { phase: 'ended', job: job.job });
    expect(seqs(watch)).toEqual(upTo(522));
    expect(server.sockets.size === 0 || mode === 'ws').toBe(true);
    await fact(() => expect(environment.waiting).toBe(0));
  });

  test('[S3] a job that is final already is read to its end', async () => {
    job.steps(3);
    finish();
    expect(await collect(client.watchJob(job.id))).toEqual(job.events);
  });

  test('[P3] a job that nobody knows is refused, and iterating it fails', async () => {
    const watch = client.watchJob('Z'.repeat(22));
    await until(watch, { phase: 'refused', error: expect.objectContaining({ code: 'NOT_FOUND' }) });
    await expect(collect(watch)).rejects.toMatchObject({ isDarkroomError: true, code: 'NOT_FOUND' });
  });

  test('[P3] a log restored from a backup resets the reader, who never waits in silence', async () => {
    job.steps(9);
    const watch = client.watchJob(job.id);
    await held(watch, 10);
    job.restore('e2', 4);
    server.cut();
    if (mode !== 'poll') await until(watch, { phase: 'reconnecting' });
    environment.forward(mode === 'poll' ? 2_000 : 1_000);
    await held(watch, 4);
    finish();
    server.pump();
    environment.forward(mode === 'poll' ? 2_000 : 0);
    await until(watch, { phase: 'ended' });
    expect(watch.getSnapshot().events).toEqual(job.events);
  });

  test('[R2] a job cancelled through this client is seen at once', async () => {
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    await client.cancelJob(job.id);
    await until(watch, { phase: 'ended' });
    expect(watch.getSnapshot().job?.status).toBe('cancelled');
    expect(seqs(watch)).toEqual([1, 2]);
  });

  test('[J4] a failed job that may be retried is still watched', async () => {
    job.append('failed', { error: { code: 'PROVIDER_TIMEOUT', message: 'late', retryable: true } });
    const watch = client.watchJob(job.id);
    await held(watch, 2);
    expect(watch.getSnapshot().phase).not.toBe('ended');
    await client.retryJob(job.id);
    await held(watch, 3);
    expect(watch.getSnapshot().job).toMatchObject({ status: 'queued', attempt: 2 });
  });
});

describe('cuts and repetitions', () => {
  test.each(['ws', 'sse'] as const)(
    '[P4] a connection cut after every second event repeats and loses nothing (%s)',
    async (mode) => {
      server.faults.refuseUpgrade = mode === 'sse';
      server.faults.duplicate = true;
      server.faults.cutAfterEvents = 2;
      job.steps(12);
      finish();
      const watch = client.watchJob(job.id);
      const ended = collect(watch);
      await retryUntil(watch, ({ phase }) => phase === 'ended');
      expect(await ended).toEqual(job.events);
    },
  );

  test('[C7] a hole in the socket is asked for again from the cursor', async () => {
    server.faults.skipSeq = 3;
    job.steps(5);
    const watch = client.watchJob(job.id);
    await held(watch, 6);
    expect(server.said.filter((said) => said.type === 'subscribe').map((said) => said.afterSeq)).toEqual([0, 2]);
    expect(server.requests).toEqual(['UPGRADE /ws']);
  });

  test('[P2] a reconnect asks from the newest position every time, with its epoch', async () => {
    server.faults.refuseUpgrade = true;
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    for (const count of [3, 5, 7]) {
      job.steps(2);
      server.pump();
      await held(watch, count);
      server.cut();
      await until(watch, { phase: 'reconnecting' });
      environment.forward(1_400);
      await until(watch, { phase: 'live' });
    }
    const streams = server.requests.filter((request) => request.includes('/events'));
    expect(streams.map((request) => request.replace(/.*\?/, ''))).toEqual([
      'after=0',
      'after=3&epoch=e1',
      'after=5&epoch=e1',
      'after=7&epoch=e1',
    ]);
  });
});

describe('the ladder over real sockets', () => {
  test('[C1] a socket that is accepted and says nothing is given up after 5 s', async () => {
    server.faults.muteSocket = true;
    const watch = client.watchJob(job.id);
    await fact(() => expect(server.sockets.size).toBe(1));
    environment.forward(4_900);
    expect(watch.getSnapshot().mode).toBe('ws');
    expect(server.requests.some((request) => request.includes('/events'))).toBe(false);
    environment.forward(100);
    await until(watch, { phase: 'live', mode: 'sse', demotion: 'blocked' });
  });

  test('[C1] a stream that a proxy holds back whole is given up after 5 s', async () => {
    server.faults.refuseUpgrade = true;
    server.faults.bufferStream = true;
    const watch = client.watchJob(job.id);
    await fact(() => expect(server.readers('sse')).toBe(1));
    environment.forward(5_000);
    await until(watch, { phase: 'polling', mode: 'poll', demotion: 'blocked' });
    await held(watch, 1);
    await fact(() => expect(server.readers('sse')).toBe(0));
  });

  test('[C1] where there is no WebSocket at all, the stream is used', async () => {
    class Forbidden extends WebSocket {
      constructor() {
        super('not an address: this throws');
      }
    }
    const watch = connect({ WebSocket: Forbidden }).watchJob(job.id);
    await until(watch, { phase: 'live', mode: 'sse' });
    watch.close();
  });

  test('[C2] a socket that goes silent is opened again', async () => {
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    environment.forward(25_000);
    await until(watch, { phase: 'reconnecting', reconnectAttempt: 1 });
    environment.forward(1_000);
    await until(watch, { phase: 'live', mode: 'ws' });
  });

  test('[C5] 503 with Retry-After is obeyed by the stream, and does not end it', async () => {
    server.faults.refuseUpgrade = true;
    server.faults.streamStatus = 503;
    const watch = client.watchJob(job.id);
    await fact(() => expect(server.requests.filter((request) => request.includes('/events'))).toHaveLength(1));
    await until(watch, { error: expect.objectContaining({ code: 'SHUTTING_DOWN' }) });
    server.faults.streamStatus = undefined;
    environment.forward(1_000);
    await until(watch, { phase: 'live', mode: 'sse' });
  });

  test('[S4] bye closes the stream and comes back after its time', async () => {
    server.faults.refuseUpgrade = true;
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    server.say({ type: 'bye', afterMs: 1_200 });
    await until(watch, { phase: 'reconnecting', mode: 'sse' });
    await fact(() => expect(server.readers('sse')).toBe(0));
    environment.forward(1_200);
    await until(watch, { phase: 'live', mode: 'sse' });
  });

  test('[W8] bye before a planned close is obeyed by the socket', async () => {
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    server.say({ type: 'bye', afterMs: 1_300 });
    for (const socket of server.sockets) socket.close(4000);
    await until(watch, { phase: 'reconnecting' });
    expect(watch.getSnapshot().retryAt).toBe(environment.now() + 1_300);
    environment.forward(1_300);
    await until(watch, { phase: 'live', mode: 'ws' });
  });

  test('[W9] a flood close is not answered with another socket', async () => {
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    for (const socket of server.sockets) socket.close(4400);
    await until(watch, { phase: 'live', mode: 'sse', demotion: 'lost' });
    for (let beat = 0; beat < 4; beat += 1) {
      environment.forward(20_000);
      server.say({ type: 'ping', now: environment.now() });
      await until(watch, { lastMessageAt: environment.now() });
    }
    expect(server.requests.filter((request) => request.startsWith('UPGRADE'))).toHaveLength(1);
  });

  test('[W6] a heartbeat is answered', async () => {
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    server.say({ type: 'ping', now: environment.now() });
    await fact(() => expect(server.said.at(-1)).toEqual({ type: 'pong' }));
  });

  test('[C7] a better transport takes over beside the running one, without a gap or a repetition', async () => {
    server.faults.refuseUpgrade = true;
    const watch = client.watchJob(job.id);
    await until(watch, { phase: 'live', mode: 'sse' });
    server.faults.refuseUpgrade = false;
    server.say({ type: 'ping', now: environment.now() });
    await fact(() => expect(watch.getSnapshot().lastMessageAt).toBeDefined());
    // Each event that arrives is followed by the next one: they never stop while the transports change.
    const write = () => {
      job.append('running');
      server.pump();
    };
    const stop = watch.subscribe(write);
    write();
    environment.signal('online');
    await until(watch, { phase: 'live', mode: 'ws' });
    await fact(() => expect(server.readers('sse')).toBe(0));
    stop();
    await held(watch, job.head);
    expect(seqs(watch)).toEqual(upTo(job.head));
  });

  test('[C9] the reader switches to polling and back', async () => {
    const watch = client.watchJob(job.id);
    await until(watch, { phase: 'live', mode: 'ws' });
    watch.switchToPolling();
    await until(watch, { phase: 'polling', mode: 'poll', demotion: 'chosen' });
    await fact(() => expect(server.sockets.size).toBe(0));
    await fact(() => expect(environment.dueInMs).toBe(2_000));
    job.append('running');
    environment.forward(2_000);
    await held(watch, 2);
    watch.reconnect();
    await until(watch, { phase: 'live', mode: 'ws', demotion: undefined });
  });

  test('[C5] a server that is gone: reconnecting with a time; back again: live, with nothing lost', async () => {
    job.steps(2);
    const watch = client.watchJob(job.id);
    await held(watch, 3);
    server.faults.refuseUpgrade = true;
    server.faults.streamStatus = 502;
    server.faults.pollStatus = 502;
    server.cut();
    await retryUntil(watch, ({ error }) => error?.code === 'NETWORK_DISCONNECTED');
    expect(watch.getSnapshot().phase).toBe('reconnecting');
    await retryUntil(watch, ({ reconnectAttempt }) => reconnectAttempt > 2);
    expect(seqs(watch)).toEqual([1, 2, 3]);
    Object.assign(server.faults, { refuseUpgrade: false, streamStatus: undefined, pollStatus: undefined });
    job.steps(2);
    await retryUntil(watch, ({ phase, mode }) => phase === 'live' && mode === 'ws');
    await held(watch, 5);
  });

  test('[H3] polls that find nothing new are answered 304, and a change of state is still seen', async () => {
    server.faults.refuseUpgrade = true;
    server.faults.streamStatus = 502;
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    await until(watch, { phase: 'polling' });
    environment.forward(2_000);
    await fact(() => expect(watch.getSnapshot().pollIntervalMs).toBe(3_000));
    expect(server.headers.at(-1)?.['if-none-match']).toBe('W/"e1-1-queued"');
    finish();
    environment.forward(3_000);
    await until(watch, { phase: 'ended' });
  });
});

describe('several watches', () => {
  test('[W2] share one socket, and one reading of a job they share', async () => {
    const other = server.add('B'.repeat(22));
    const watches = [client.watchJob(job.id), client.watchJob(job.id), client.watchJob(other.id)];
    for (const watch of watches) await held(watch, 1);
    expect(server.requests).toEqual(['UPGRADE /ws']);
    expect(server.said.filter((said) => said.type === 'subscribe')).toHaveLength(2);
    watches[0]?.close();
    watches[0]?.close();
    job.append('running');
    server.pump();
    await fact(() => expect(watches[1]?.getSnapshot().events).toHaveLength(2));
    expect(watches[0]?.getSnapshot().events).toHaveLength(1);
    watches[1]?.close();
    await fact(() => expect(server.said.at(-1)).toEqual({ type: 'unsubscribe', jobId: job.id }));
    watches[2]?.close();
    await fact(() => expect(server.sockets.size).toBe(0));
    expect(environment.waiting).toBe(0);
  });

  test('closing a watch ends those who iterate it', async () => {
    const watch = client.watchJob(job.id);
    const iterating = collect(watch);
    await held(watch, 1);
    watch.close();
    expect(await iterating).toHaveLength(1);
  });

  test('a snapshot stays the same object until something changes', async () => {
    const watch = client.watchJob(job.id);
    await held(watch, 1);
    const before = watch.getSnapshot();
    environment.signal('visible');
    expect(watch.getSnapshot()).toBe(before);
  });
});

describe('requests', () => {
  test('[R1] a job is created once although the answer was lost twice', async () => {
    server.faults.breakAnswers = 2;
    const creating = client.createJob({ prompt: 'a cat', options: { steps: 20 } });
    for (const waitMs of [300, 1_500]) {
      await fact(() => expect(environment.dueInMs).toBe(waitMs));
      environment.forward(waitMs);
    }
    const created = await creating;
    expect(server.jobs.size).toBe(2);
    expect(server.jobs.has(created.id)).toBe(true);
    const keys = server.headers.map((headers) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    await client.createJob({ prompt: 'a cat' });
    expect(server.jobs.size).toBe(3);
  });

  test('[R1] a created job is known to its watch before anything is read', async () => {
    const created = await client.createJob({ prompt: 'a cat' });
    const watch = client.watchJob(created.id);
    expect(watch.getSnapshot()).toMatchObject({ phase: 'connecting', job: created });
  });

  test('[R2] a retry whose answer was lost is not repeated', async () => {
    server.faults.breakAnswers = 1;
    job.append('failed', { error: { code: 'PROVIDER_TIMEOUT', message: 'late', retryable: true } });
    const failure = await client.retryJob(job.id).catch((error: unknown) => error);
    expect(isDarkroomError(failure) && failure.code).toBe('NETWORK_DISCONNECTED');
    expect(server.requests).toHaveLength(1);
  });

  test('[R6] an error carries what the server said', async () => {
    await expect(client.retryJob(job.id)).rejects.toMatchObject({ code: 'WRONG_STATE', status: 409, retryable: false });
    server.faults.pollStatus = 503;
    await expect(client.getJob(job.id)).rejects.toMatchObject({
      code: 'SHUTTING_DOWN',
      status: 503,
      retryAfterMs: 1_000,
    });
    server.faults.pollStatus = 500;
    await expect(client.getJob(job.id)).rejects.toMatchObject({ code: 'SERVER_ERROR', status: 500 });
  });

  test('[R3] lists jobs and tells how an unwell server is', async () => {
    expect(await client.listJobs({ limit: 5 })).toMatchObject({ jobs: [{ id: job.id }], nextCursor: null });
    expect(server.requests.at(-1)).toBe('GET /api/jobs?limit=5');
    expect(await client.health()).toMatchObject({ ok: false });
    expect(await client.listProviders()).toEqual([]);
  });
});
