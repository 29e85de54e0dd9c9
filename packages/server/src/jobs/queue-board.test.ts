import { describe, expect, it } from 'vitest';
import type { Queue } from '../queue.ts';
import { createJob, setUpCore } from '../testing/core.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { type JobPace, QueueBoard } from './queue-board.ts';

const PACE: JobPace = { capacity: 2, meanMs: 1_000, ownMs: undefined, pictures: 1 };

/** Four jobs in line, and the ids that the board asks the queue for, reading by reading. */
async function setUp(paceOf: (jobId: string) => JobPace | undefined = () => undefined) {
  const core = await setUpCore({ providers: [] });
  const clock = new FakeClock();
  const reads: (readonly string[] | undefined)[] = [];
  let broken: Error | undefined;
  const queue: Pick<Queue, 'places'> = {
    places: async (jobIds) => {
      reads.push(jobIds);
      if (broken !== undefined) throw broken;
      return core.queue.places(jobIds);
    },
  };
  const breakQueue = (thrown: Error | undefined) => {
    broken = thrown;
  };
  const board = new QueueBoard(queue, clock, paceOf);
  const jobs = [];
  for (let index = 0; index < 4; index++) jobs.push(await createJob(core));
  const ids = jobs.map(({ id }) => id);
  const places = () => Promise.all(ids.map((id) => board.place(id)));
  return { ...core, clock, board, ids, places, reads, breakQueue };
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

  it('answers from the last reading without asking the queue', async () => {
    const { board, ids, queue } = await setUp();
    const [first = '', second = ''] = ids;
    expect(board.peek(first)).toBeUndefined();
    await board.place(first);
    await queue.remove(first);
    expect([board.peek(first), board.peek(second)]).toEqual([{ position: 1 }, undefined]);
  });

  it('reads the queue once for all who ask at the same time', async () => {
    const { board, ids, reads } = await setUp();
    await Promise.all([board.refresh(ids), board.refresh(), board.refresh()]);
    expect(reads).toEqual([ids]);
    expect(ids.map((id) => board.peek(id)?.position)).toEqual([1, 2, 3, 4]);
  });

  it('a job that is asked for while the queue is read waits for that reading, and is then read itself', async () => {
    const { board, ids, reads } = await setUp();
    const [first = '', second = ''] = ids;
    const reading = board.refresh([first]);
    expect(await board.place(second)).toEqual({ position: 2 });
    await reading;
    expect(reads).toEqual([[first], [first, second]]);
  });

  it('who was told a place already does not wait for a reading under way', async () => {
    const { board, ids } = await setUp();
    const [first = ''] = ids;
    await board.place(first);
    let isRead = false;
    const reading = board.refresh().then(() => {
      isRead = true;
    });
    expect([await board.place(first), isRead]).toEqual([{ position: 1 }, false]);
    await reading;
  });

  it('reads on only for those who asked within the last three seconds', async () => {
    const { board, clock, ids, reads } = await setUp();
    const [first = '', second = ''] = ids;
    await board.refresh([first]);
    clock.advance(1);
    await board.refresh([second]);
    clock.advance(2_999);
    await board.refresh();
    clock.advance(1);
    await board.refresh();
    expect(reads).toEqual([[first], [first, second], [first, second], [second]]);
    expect(board.peek(first)).toBeUndefined();
  });

  it('a failed reading is the failure of those who asked, and the next one begins again', async () => {
    const { board, ids, breakQueue } = await setUp();
    const broken = new Error('the queue is gone');
    const [first = ''] = ids;
    breakQueue(broken);
    await expect(board.place(first)).rejects.toBe(broken);
    breakQueue(undefined);
    expect(await board.place(first)).toEqual({ position: 1 });
  });

  it('tells no time for a job of which no pace is known', async () => {
    let unknown = '';
    const { board, ids, places } = await setUp((jobId) => (jobId === unknown ? undefined : PACE));
    [unknown = ''] = ids;
    expect(await places()).toMatchObject([{ position: 1 }, { etaMs: 2_000 }, { etaMs: 3_000 }, { etaMs: 3_000 }]);
    expect(board.peek(unknown)).toEqual({ position: 1 });
  });

  it('tells the time in whole milliseconds', async () => {
    const { board, ids } = await setUp(() => ({ ...PACE, meanMs: 100.4, ownMs: 0.2, pictures: 1 }));
    expect(await board.place(ids[0] ?? '')).toEqual({ position: 1, etaMs: 101 });
  });
});
