import { LIMITS, type ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { sampleJob } from '../testing/sample-job.ts';
import { HotJobs } from './hot-jobs.ts';
import { toEvent } from './transition.ts';

/** The ring holds at most so many characters of JSON, of which each event has some beside its message. */
const MAX_CHARS = 256 * 1024;

const recordOf = (id: string) => ({ job: sampleJob({ id }), epoch: 'epoch-1', ticket: 1 });

const eventOf = (seq: number, message = 'Queued'): ProgressEvent =>
  toEvent('job', seq, 0, { stage: 'running', attempt: 1, message });

const eventsUpTo = (head: number) => Array.from({ length: head }, (_none, index) => eventOf(index + 1));

/** An event whose JSON has exactly so many characters. */
function eventOfChars(seq: number, chars: number): ProgressEvent {
  const frame = JSON.stringify(eventOf(seq, '')).length;
  return eventOf(seq, 'x'.repeat(chars - frame));
}

const seqsIn = ({ ring }: { ring: readonly { event: ProgressEvent }[] }) => ring.map(({ event }) => event.seq);

const BOUNDS = { ringEvents: 4, ringJobs: 2 };

/** Ids among `ids` that are in memory. */
const keptOf = (hot: HotJobs, ids: readonly string[]) => ids.filter((id) => hot.get(id) !== undefined);

describe('HotJobs', () => {
  it('has the bounds of the protocol where none are given', () => {
    expect(new HotJobs({}).bounds).toEqual({ ringEvents: LIMITS.ringEvents, ringJobs: LIMITS.ringJobs });
    expect(new HotJobs({ ringEvents: 3 }).bounds).toEqual({ ringEvents: 3, ringJobs: LIMITS.ringJobs });
  });

  it('keeps a job with its record, which is the tip too, and with its events', () => {
    const hot = new HotJobs(BOUNDS);
    const record = recordOf('a');
    const job = hot.add(record, eventsUpTo(2));
    expect(job).toMatchObject({ record, tip: record.job, pendingWrites: 0, wanted: 0, reading: undefined });
    expect(job.ring).toEqual(eventsUpTo(2).map((event) => ({ event, json: JSON.stringify(event) })));
    expect(job.watchers.size).toBe(0);
    expect(hot.get('a')).toBe(job);
    expect(hot.get('b')).toBeUndefined();
  });

  it('forgets one job, or all', () => {
    const hot = new HotJobs({ ...BOUNDS, ringJobs: 3 });
    for (const id of ['a', 'b', 'c']) hot.add(recordOf(id), []);
    hot.delete('b');
    expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['a', 'c']);
    hot.clear();
    expect(keptOf(hot, ['a', 'b', 'c'])).toEqual([]);
  });

  it('names the jobs that are not being written', () => {
    const hot = new HotJobs({ ...BOUNDS, ringJobs: 3 });
    const [, written] = ['a', 'b', 'c'].map((id) => hot.add(recordOf(id), []));
    if (written !== undefined) written.pendingWrites = 1;
    expect(hot.settledIds).toEqual(['a', 'c']);
  });

  describe('ring', () => {
    it.each([1, 2, 3, 4, 5, 9])('keeps the newest of %i events, at most as many as its bound', (head) => {
      const hot = new HotJobs(BOUNDS);
      const atOnce = hot.add(recordOf('a'), eventsUpTo(head));
      const oneByOne = hot.add(recordOf('b'), []);
      for (const event of eventsUpTo(head)) hot.push(oneByOne, [event]);
      const newest = eventsUpTo(head)
        .slice(-BOUNDS.ringEvents)
        .map(({ seq }) => seq);
      expect([seqsIn(atOnce), seqsIn(oneByOne)]).toEqual([newest, newest]);
    });

    it('drops the oldest events beyond its characters', () => {
      const hot = new HotJobs(BOUNDS);
      const job = hot.add(
        recordOf('a'),
        [1, 2, 3].map((seq) => eventOfChars(seq, MAX_CHARS / 4)),
      );
      hot.push(job, [eventOfChars(4, MAX_CHARS / 4)]);
      // Exactly full.
      expect(seqsIn(job)).toEqual([1, 2, 3, 4]);
      const over = hot.add(recordOf('b'), [
        eventOfChars(1, MAX_CHARS / 2),
        eventOfChars(2, MAX_CHARS / 4),
        eventOfChars(3, MAX_CHARS / 4 + 1),
      ]);
      expect(seqsIn(over)).toEqual([2, 3]);
    });

    it('drops as many as the newest needs, and keeps the newest whatever its size', () => {
      const hot = new HotJobs(BOUNDS);
      const job = hot.add(recordOf('a'), [
        eventOfChars(1, MAX_CHARS / 2),
        eventOfChars(2, MAX_CHARS / 2),
        eventOfChars(3, 2 * MAX_CHARS),
      ]);
      expect(seqsIn(job)).toEqual([3]);
    });

    it('counts no characters up to half of its events', () => {
      const hot = new HotJobs(BOUNDS);
      const two = [1, 2].map((seq) => eventOfChars(seq, MAX_CHARS));
      expect(seqsIn(hot.add(recordOf('a'), two))).toEqual([1, 2]);
    });
  });

  describe('eviction', () => {
    it('drops the job that was loaded first, once there are more than the bound', () => {
      const hot = new HotJobs(BOUNDS);
      for (const id of ['a', 'b']) hot.add(recordOf(id), []);
      expect(keptOf(hot, ['a', 'b'])).toEqual(['a', 'b']);
      hot.add(recordOf('c'), []);
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['b', 'c']);
    });

    it('counts a job that is loaded again as the newest', () => {
      const hot = new HotJobs(BOUNDS);
      for (const id of ['a', 'b', 'a', 'c']) hot.add(recordOf(id), []);
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['a', 'c']);
    });

    it('keeps a job that is being written', () => {
      const hot = new HotJobs(BOUNDS);
      hot.add(recordOf('a'), []).pendingWrites = 1;
      for (const id of ['b', 'c']) hot.add(recordOf(id), []);
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['a', 'c']);
    });

    it('keeps what is watched until its last watcher leaves, and then drops it if there are too many', () => {
      const hot = new HotJobs(BOUNDS);
      const job = hot.add(recordOf('a'), []);
      const undos = [() => {}, () => {}].map((wake) => hot.watch('a', job, wake));
      expect(job.watchers.size).toBe(2);
      const others = ['b', 'c'].map((id) => hot.watch(id, hot.add(recordOf(id), []), () => {}));
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
      undos[0]?.();
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
      undos[1]?.();
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['b', 'c']);
      for (const undo of others) undo();
      expect(keptOf(hot, ['a', 'b', 'c'])).toEqual(['b', 'c']);
    });

    it('drops the events of those watched first where too many are watched; new ones are kept', () => {
      const hot = new HotJobs(BOUNDS);
      const jobs = ['a', 'b', 'c', 'd'].map((id) => {
        const job = hot.add(recordOf(id), eventsUpTo(2));
        hot.watch(id, job, () => {});
        return job;
      });
      expect(keptOf(hot, ['a', 'b', 'c', 'd'])).toEqual(['a', 'b', 'c', 'd']);
      expect(jobs.map(seqsIn)).toEqual([[], [], [1, 2], [1, 2]]);
      for (const job of jobs) hot.push(job, [eventOf(3)]);
      expect(jobs.map(seqsIn)).toEqual([[3], [3], [1, 2, 3], [1, 2, 3]]);
    });

    it('keeps what another watcher still watches while jobs come', () => {
      const hot = new HotJobs(BOUNDS);
      const job = hot.add(recordOf('a'), []);
      hot.watch('a', job, () => {});
      hot.watch('a', job, () => {})();
      for (const id of ['b', 'c', 'd']) hot.add(recordOf(id), []);
      expect(keptOf(hot, ['a', 'b', 'c', 'd'])).toEqual(['a', 'd']);
    });
  });

  describe('watch', () => {
    it('puts back a job that was dropped before it could be watched', () => {
      const hot = new HotJobs(BOUNDS);
      const job = hot.add(recordOf('a'), []);
      for (const id of ['b', 'c']) hot.add(recordOf(id), []);
      expect(hot.get('a')).toBeUndefined();
      hot.watch('a', job, () => {});
      expect(hot.get('a')).toBe(job);
    });

    it('watches the job in memory, not one that was loaded before it', () => {
      const hot = new HotJobs(BOUNDS);
      const older = hot.add(recordOf('a'), []);
      const newer = hot.add(recordOf('a'), []);
      hot.watch('a', older, () => {});
      expect([older.watchers.size, newer.watchers.size]).toEqual([0, 1]);
      expect(hot.get('a')).toBe(newer);
    });
  });
});
