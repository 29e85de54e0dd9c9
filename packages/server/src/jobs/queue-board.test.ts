import { describe, expect, it } from 'vitest';
import { createJob, setUpCore } from '../testing/core.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { QueueBoard } from './queue-board.ts';

async function setUp(capacity = 1) {
  const core = await setUpCore({ providers: [] });
  const clock = new FakeClock();
  const board = new QueueBoard(core.queue, clock, capacity);
  const jobs = [];
  for (let index = 0; index < 4; index++) jobs.push(await createJob(core));
  const ids = jobs.map(({ id }) => id);
  const places = () => Promise.all(ids.map((id) => board.place(id)));
  return { ...core, clock, board, ids, places };
}

describe('QueueBoard', () => {
  it('[C4] tells each its place, and nobody one who does not wait', async () => {
    const { board, places } = await setUp();
    expect(await places()).toEqual([{ position: 1 }, { position: 2 }, { position: 3 }, { position: 4 }]);
    expect(await board.place('unknown')).toBeUndefined();
  });

  it('[W7] reads the queue at most once a second', async () => {
    const { queue, clock, ids, places, board } = await setUp();
    await places();
    await queue.remove(ids[0] ?? '');
    clock.advance(999);
    expect((await board.place(ids[1] ?? ''))?.position).toBe(2);
    clock.advance(1);
    expect((await board.place(ids[1] ?? ''))?.position).toBe(1);
    expect(await board.place(ids[0] ?? '')).toBeUndefined();
  });

  it('a job that came since the last reading is told its place at once', async () => {
    const { places, board, jobs } = await setUp();
    await places();
    const newest = await createJob({ jobs });
    expect((await board.place(newest.id))?.position).toBe(5);
  });

  it('tells no time before a run was seen, then the rounds until the picture, by the mean of recent runs', async () => {
    const { places, board } = await setUp(2);
    board.learn(1_000);
    expect((await places()).map((place) => place?.etaMs)).toEqual([2_000, 2_000, 3_000, 3_000]);
    board.learn(2_000);
    expect((await places()).map((place) => place?.etaMs)).toEqual([2_400, 2_400, 3_600, 3_600]);
  });
});
