import { expect, it, onTestFinished } from 'vitest';
import { createJob, setUpCore } from '../../testing/core.ts';
import { eventually } from '../../testing/eventually.ts';
import { LiveHub } from './live-hub.ts';
import type { LiveSink } from './live-sink.ts';
import { sseFormat } from './sse-format.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A hub with one reader of a running job; every write to the reader takes `writeMs`. */
async function setUp(writeMs: number) {
  const core = await setUpCore({ providers: [] });
  const hub = new LiveHub(core.log, core.board, core.clock, () => 0);
  onTestFinished(() => hub.close());
  const { id } = await createJob(core);
  await core.log.append(id, 1, { type: 'start', provider: 'sketch' });
  const writes: string[] = [];
  const sink: LiveSink = {
    bufferedBytes: 0,
    write(bytes) {
      writes.push(bytes.toString());
      core.clock.sleep(writeMs);
      return true;
    },
    holdInput() {},
    ended: () => false,
    close() {},
  };
  await hub.connect(sink, sseFormat).subscribe(id, { seq: 0 });
  await eventually(() => writes.join('').includes('id: 2\n'));
  writes.length = 0;
  let head = 2;
  const append = () => core.log.append(id, head++, { type: 'wait', position: head });
  return { ...core, writes, append };
}

it('after a turn that took long it rests as long; what comes meanwhile leaves in one write, in order', async () => {
  const { clock, writes, append } = await setUp(8);
  clock.advance(100);
  await append();
  await eventually(() => writes.length === 1);
  for (let events = 0; events < 3; events++) {
    await append();
    await nextTurn();
  }
  clock.advance(7);
  await nextTurn();
  expect(writes).toHaveLength(1);
  clock.advance(1);
  expect(writes).toHaveLength(2);
  expect([...(writes[1] ?? '').matchAll(/^id: (\d+)$/gm)].map(([, seq]) => seq)).toEqual(['4', '5', '6']);
});

it('never rests longer than 20 ms, not even when the clock is set back', async () => {
  const { clock, writes, append } = await setUp(500);
  clock.advance(1_000);
  await append();
  await eventually(() => writes.length === 1);
  clock.sleep(-3_600_000);
  await append();
  clock.advance(20);
  expect(writes).toHaveLength(2);
});

it('after a short turn it does not rest', async () => {
  const { writes, append } = await setUp(0);
  for (let events = 1; events <= 3; events++) {
    await append();
    await eventually(() => writes.length === events);
  }
});
