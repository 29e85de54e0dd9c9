import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JobLog } from '../../jobs/job-log.ts';
import { InProcessRelay } from '../../relays/in-process/in-process-relay.ts';
import { createJob, setUpCore } from '../../testing/core.ts';
import { eventually } from '../../testing/eventually.ts';
import type { LiveSink } from './live-connection.ts';
import { LiveHub } from './live-hub.ts';
import { sseFormat } from './sse-format.ts';

/** A network whose speed the test decides: it takes bytes only when told to. */
class TestNetwork implements LiveSink {
  bufferedBytes = 0;
  text = '';
  closedFor: string | undefined;

  write(bytes: Buffer): boolean {
    this.bufferedBytes += bytes.length;
    this.text += bytes.toString();
    return false;
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

  it('[B1] holds no more than the bound and one batch for a reader that takes nothing', async () => {
    const { network, write } = await setUp();
    await write(100);
    expect(network.bufferedBytes).toBeGreaterThanOrEqual(LIMITS.readerHighWaterBytes);
    expect(network.bufferedBytes).toBeLessThan(LIMITS.readerHighWaterBytes + 20_000);
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
