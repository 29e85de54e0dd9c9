import { describe, expect, it } from 'vitest';
import { createJob, setUpCore } from '../testing/core.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { type JobPace, QueueBoard } from './queue-board.ts';

async function setUp(paceOf: () => JobPace | undefined = () => undefined) {
  const core = await setUpCore({ providers: [] });
  const clock = new FakeClock();
  const board = new QueueBoard(core.queue, clock, paceOf);
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

  it('tells no time before a picture was seen, then the rounds until the job’s turn and its own pictures', async () => {
    let pace: JobPace = { capacity: 2, meanMs: undefined, ownMs: undefined, pictures: 1 };
    const { places } = await setUp(() => pace);
    expect((await places()).map((place) => place?.etaMs)).toEqual([undefined, undefined, undefined, undefined]);
    pace = { ...pace, meanMs: 1_000 };
    expect((await places()).map((place) => place?.etaMs)).toEqual([2_000, 2_000, 3_000, 3_000]);
    pace = { capacity: 1, meanMs: 1_200, ownMs: 500, pictures: 4 };
    expect((await places()).map((place) => place?.etaMs)).toEqual([3_200, 4_400, 5_600, 6_800]);
  });
});
