import { LIMITS } from '@darkroom/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { createJob, setUpCore } from '../../testing/core.ts';
import { eventually } from '../../testing/eventually.ts';
import type { EndReason } from './live-counts.ts';
import { LiveHub } from './live-hub.ts';
import type { LiveSink } from './live-sink.ts';
import { sseFormat } from './sse-format.ts';

/** A hub, and connections on networks that take nothing, or all, and are gone when they are closed. */
async function setUp() {
  const core = await setUpCore({ providers: [] });
  const hub = new LiveHub(core.log, core.board, core.clock, () => 0);
  onTestFinished(() => hub.close());
  const { id } = await createJob(core);
  const connect = (takesAll = false) => {
    const sink: LiveSink & { bufferedBytes: number } = {
      bufferedBytes: 0,
      write(bytes) {
        if (takesAll) return true;
        sink.bufferedBytes += bytes.length;
        return false;
      },
      holdInput() {},
      ended: () => true,
      close: () => connection.dispose(),
    };
    const connection = hub.connect(sink, sseFormat);
    return { sink, connection };
  };
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second++) {
      core.clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ...core, hub, id, connect, seconds, counts: hub.counts.sse };
}

const NONE: Record<EndReason, number> = { bye: 0, silent: 0, stalled: 0, flood: 0, ended: 0, gone: 0 };

it('a connection is open until it is gone, once, and then counted by why', async () => {
  const { connect, counts } = await setUp();
  const [left, flooding] = [connect(), connect()];
  expect(counts.open).toBe(2);
  left.connection.dispose();
  left.connection.dispose();
  flooding.connection.close('flood');
  expect(counts.closed).toEqual({ ...NONE, gone: 1, flood: 1 });
  expect(counts).toMatchObject({ opened: 2, open: 0 });
});

it('one that says nothing is silent; one whose server stops is told bye', async () => {
  const { hub, connect, counts, seconds } = await setUp();
  connect(true);
  await seconds(90);
  expect(counts.closed).toEqual({ ...NONE, silent: 1 });
  connect();
  hub.close();
  expect(counts.closed).toEqual({ ...NONE, silent: 1, bye: 1 });
});

it('a reader that takes nothing is paused, then stalled; its events are counted as they are handed over', async () => {
  const { hub, log, id, connect, counts, seconds } = await setUp();
  const { sink, connection } = connect();
  connection.heardAt = Number.POSITIVE_INFINITY;
  await connection.subscribe(id, { seq: 0 });
  expect(hub.standing()).toEqual({ subscriptions: 1, paused: 0, held: 0 });
  await log.append(id, 1, { type: 'start', provider: 'sketch' });
  for (let seq = 2; sink.bufferedBytes < LIMITS.readerPauseBytes; seq++) {
    await log.append(id, seq, { type: 'accept', upstreamId: 'x'.repeat(20_000) });
    await eventually(() => counts.events === seq + 1);
  }
  expect(counts.bytes).toBe(sink.bufferedBytes);
  const { events } = counts;
  await log.append(id, events, { type: 'progress', percent: 50 });
  await eventually(() => hub.standing().paused === 1);
  expect(counts.events).toBe(events);
  await seconds(60);
  expect(counts.closed).toEqual({ ...NONE, stalled: 1 });
  expect(hub.standing()).toEqual({ subscriptions: 0, paused: 0, held: 0 });
});

it('a stream whose job is over has ended, whatever cuts it then', async () => {
  const { log, id, connect, counts } = await setUp();
  const { connection } = connect();
  await connection.subscribe(id, { seq: 0 });
  await log.appendAtHead(id, { type: 'cancel' });
  await eventually(() => connection.subscriptions === 0);
  connection.dispose();
  expect(counts.closed).toEqual({ ...NONE, ended: 1 });
});
