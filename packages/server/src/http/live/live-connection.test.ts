import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JobLog } from '../../jobs/job-log.ts';
import { InProcessRelay } from '../../relays/in-process/in-process-relay.ts';
import { createJob, setUpCore } from '../../testing/core.ts';
import { eventually } from '../../testing/eventually.ts';
import type { LiveConnection } from './live-connection.ts';
import { LiveHub } from './live-hub.ts';
import type { LiveSink } from './live-sink.ts';
import { sseFormat } from './sse-format.ts';
import { websocketFormat } from './websocket-format.ts';

/** More than one batch of events, or one snapshot, has. */
const BATCH_BYTES = 40_000;

/** A network whose speed the test decides: it takes bytes only when told to. */
class TestNetwork implements LiveSink {
  bufferedBytes = 0;
  text = '';
  closedFor: string | undefined;
  isHeld = false;

  write(bytes: Buffer): boolean {
    this.bufferedBytes += bytes.length;
    this.text += bytes.toString();
    return false;
  }

  holdInput(isHeld: boolean): void {
    this.isHeld = isHeld;
  }

  ended(): boolean {
    return true;
  }

  close(reason: string): void {
    this.closedFor ??= reason;
  }

  get seqs(): number[] {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq));
  }
}

/** A hub, a running job, and a reader of it on a network that takes nothing. */
async function setUp() {
  const core = await setUpCore({ providers: [] });
  const hub = new LiveHub(core.log, core.board, core.clock, () => 0);
  onTestFinished(() => hub.close());
  const { id } = await createJob(core);
  await core.log.append(id, 1, { type: 'start', provider: 'sketch' });
  const network = new TestNetwork();
  const connection = hub.connect(network, sseFormat);
  connection.heardAt = Number.POSITIVE_INFINITY;
  await connection.subscribe(id, { seq: 0 });
  await eventually(() => network.seqs.length === 2);
  let head = 2;
  const write = async (count: number) => {
    for (let index = 0; index < count; index++)
      await core.log.append(id, head++, { type: 'accept', upstreamId: 'x'.repeat(10_000) });
    await new Promise((resolve) => setImmediate(resolve));
  };
  const take = (bytes: number) => {
    network.bufferedBytes = Math.max(0, network.bufferedBytes - bytes);
    if (network.bufferedBytes === 0) connection.drained();
  };
  return { ...core, id, network, connection, write, take };
}

describe('LiveConnection', () => {
  it('[P3][P4] a reader that comes from a process that heard more goes on where it was; one beyond the head begins anew', async () => {
    const { store, clock, board, id, write } = await setUp();
    const deaf = new JobLog(store, new InProcessRelay(), clock);
    onTestFinished(() => deaf.close());
    await deaf.load(id);
    await write(3);
    const hub = new LiveHub(deaf, board, clock, () => 0);
    onTestFinished(() => hub.close());
    const read = async (seq: number) => {
      const network = new TestNetwork();
      await hub.connect(network, sseFormat).subscribe(id, { seq });
      await eventually(() => network.text !== '');
      return network;
    };
    expect((await read(5)).text).not.toContain('event: reset');
    const beyond = await read(6);
    expect(beyond.text).toContain('event: reset');
    expect(beyond.seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it('[B1] writes no more than the bound and one batch to a network that takes nothing', async () => {
    const { network, write } = await setUp();
    await write(100);
    expect(network.bufferedBytes).toBeGreaterThanOrEqual(LIMITS.readerPauseBytes);
    expect(network.bufferedBytes).toBeLessThan(LIMITS.readerPauseBytes + BATCH_BYTES);
  });

  it('[B1] goes on at its cursor when the reader has taken what waited, and loses nothing', async () => {
    const { network, write, take } = await setUp();
    await write(100);
    await eventually(() => {
      take(Number.POSITIVE_INFINITY);
      return network.seqs.at(-1) === 102;
    });
    expect(network.seqs).toEqual(Array.from({ length: 102 }, (_none, index) => index + 1));
  });

  it('[B2] cuts a reader that takes no byte for thirty seconds, not sooner', async () => {
    const { network, write, clock } = await setUp();
    await write(100);
    const pausedAt = clock.now();
    for (let seconds = 0; network.closedFor === undefined && seconds < 120; seconds++) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(network.closedFor).toBe('stalled');
    expect(clock.now() - pausedAt).toBeGreaterThanOrEqual(LIMITS.readerStallMs);
  });

  it('[B2] leaves a reader that takes bytes, however few', async () => {
    const { network, write, take, clock } = await setUp();
    await write(100);
    for (let seconds = 0; seconds < 200; seconds++) {
      take(1_000);
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(network.closedFor).toBeUndefined();
    expect(network.bufferedBytes).toBeGreaterThan(0);
  });
});

/** A hub, and a client of many jobs with long histories: older events of each are not in memory. */
async function setUpHistories(jobs: number, events: number) {
  const core = await setUpCore({ providers: [] });
  const ids: string[] = [];
  for (let index = 0; index < jobs; index++) {
    const { id } = await createJob(core);
    await core.log.append(id, 1, { type: 'start', provider: 'sketch' });
    const change = { type: 'accept', upstreamId: 'x'.repeat(1_000) } as const;
    await Promise.all(Array.from({ length: events }, (_none, seq) => core.log.append(id, 2 + seq, change)));
    ids.push(id);
  }
  const log = new JobLog(core.store, new InProcessRelay(), core.clock, { ringEvents: 50 });
  onTestFinished(() => log.close());
  const hub = new LiveHub(log, core.board, core.clock, () => 0);
  onTestFinished(() => hub.close());
  const network = new TestNetwork();
  network.ended = () => false;
  const connection = hub.connect(network, websocketFormat);
  return { ...core, ids, hub, network, connection };
}

/** Numbers of the events of a job that were written, in order. */
const seqsOf = ({ text }: TestNetwork, jobId: string) =>
  [...text.matchAll(new RegExp(`"jobId":"${jobId}","seq":(\\d+)`, 'g'))].map(([, seq]) => Number(seq));

const drain = (network: TestNetwork, connection: LiveConnection) => {
  network.bufferedBytes = 0;
  connection.drained();
};

describe('LiveConnection of many jobs', () => {
  it('[B1][W2] queues no histories: each job’s is read at its cursor, in turns, when there is room', async () => {
    const { ids, network, connection, hub } = await setUpHistories(16, 120);
    for (const id of ids) void connection.subscribe(id, { seq: 0 });
    let most = 0;
    await eventually(() => {
      most = Math.max(most, network.bufferedBytes);
      if (connection.isPaused) drain(network, connection);
      return ids.every((id) => seqsOf(network, id).length === 122);
    });
    expect(most).toBeGreaterThanOrEqual(LIMITS.readerPauseBytes);
    expect(most).toBeLessThan(LIMITS.readerPauseBytes + 2 * BATCH_BYTES);
    for (const id of ids) expect(seqsOf(network, id)).toEqual(Array.from({ length: 122 }, (_none, index) => index + 1));
    expect(hub.standing()).toEqual({ subscriptions: 16, paused: 0, held: 0 });
  });

  it('[B1] a client that never reads gets no snapshots queued, however often it subscribes', async () => {
    const { ids, network, connection } = await setUpHistories(8, 60);
    for (const id of ids) await connection.subscribe(id, { seq: 0 });
    await eventually(() => connection.isPaused);
    const written = network.text.length;
    for (let round = 0; round < 50; round++) {
      for (const id of ids) {
        connection.unsubscribe(id);
        await connection.subscribe(id, { seq: 0 });
      }
    }
    expect(network.text.length).toBe(written);
    expect(network.isHeld).toBe(false);
  });
});

describe('Replies to a client that does not read', () => {
  const reply = Buffer.alloc(100, 'r');
  const paused = async () => {
    const opened = await setUp();
    await opened.write(20);
    await eventually(() => opened.connection.isPaused);
    return opened;
  };

  it('[B1] wait, and the client is not read from while 256 KiB are queued, small ones included', async () => {
    const { network, connection } = await paused();
    const written = network.bufferedBytes;
    let replies = 0;
    for (; !network.isHeld; replies++) connection.send(reply);
    expect(network.bufferedBytes).toBe(written);
    expect(replies * reply.length).toBeLessThan(LIMITS.readerHighWaterBytes - written);
    expect(replies * (reply.length + 1_000)).toBeGreaterThan(LIMITS.readerHighWaterBytes - written);
    drain(network, connection);
    expect(network.isHeld).toBe(false);
    await eventually(() => network.text.split('r'.repeat(100)).length - 1 === replies);
  });

  it('[B1] end the connection when 512 KiB are queued', async () => {
    const { network, connection } = await paused();
    for (let sent = 0; sent < 2 * LIMITS.readerHighWaterBytes; sent += reply.length) connection.send(reply);
    expect(network.closedFor).toBe('stalled');
    expect(network.text.length).toBeLessThan(3 * LIMITS.readerHighWaterBytes);
  });

  it('[W6] a client that was not read from is not silent', async () => {
    const { network, connection, clock } = await paused();
    connection.heardAt = clock.now();
    while (!network.isHeld) connection.send(reply);
    for (let seconds = 0; seconds < 100; seconds++) {
      network.bufferedBytes--;
      clock.advance(1_000);
    }
    drain(network, connection);
    clock.advance(10_000);
    expect(network.closedFor).toBeUndefined();
    for (let seconds = 0; seconds < 90; seconds++) {
      clock.advance(1_000);
      drain(network, connection);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(network.closedFor).toBe('silent');
  });

  it('[B2] a client that takes no byte for thirty seconds is cut, however few wait', async () => {
    const { network, connection, clock } = await setUp();
    network.bufferedBytes = 0;
    connection.send(reply);
    await eventually(() => network.bufferedBytes > 0);
    const since = clock.now();
    for (let seconds = 0; network.closedFor === undefined && seconds < 120; seconds++) clock.advance(1_000);
    expect(connection.isPaused).toBe(false);
    expect(network.closedFor).toBe('stalled');
    expect(clock.now() - since).toBeGreaterThanOrEqual(LIMITS.readerStallMs);
  });
});
