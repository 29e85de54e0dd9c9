import type { ProgressEvent } from '@darkroom/protocol';
import { describe, expect, test } from 'vitest';
import { TestJob } from '../testing/test-job.ts';
import {
  emptyLog,
  isComplete,
  type JobLog,
  learnJob,
  resetLog,
  takeEvents,
  takeQueuePlace,
  takeSnapshot,
} from './job-log.ts';

const QUEUE = { position: 3 };

/** A log that holds all of a queued job, with its place in the queue. */
function queued(job: TestJob): JobLog {
  const { log } = takeSnapshot(emptyLog(job.id), job.snapshot());
  return takeQueuePlace(takeEvents(log, job.events).log, QUEUE);
}

test('an empty log knows nothing', () => {
  expect(emptyLog('j')).toEqual({
    jobId: 'j',
    epoch: undefined,
    seq: 0,
    head: 0,
    events: [],
    job: undefined,
    queue: undefined,
    generation: 0,
  });
});

describe('learnJob', () => {
  test('[J2] ignores a job that is not newer', () => {
    const job = new TestJob();
    const log = queued(job);
    expect(learnJob(log, { ...job.job, prompt: 'another' })).toBe(log);
  });

  test('takes a newer job without moving the position', () => {
    const job = new TestJob();
    const log = queued(job);
    job.steps(2);
    expect(learnJob(log, job.job)).toEqual({ ...log, job: job.job, head: 3, queue: undefined });
  });

  test('keeps the queue position of a job that waits, and a head that is further', () => {
    const job = new TestJob();
    const log = { ...queued(job), head: 9 };
    job.append('queued');
    expect(learnJob(log, job.job)).toEqual({ ...log, job: job.job });
  });
});

describe('takeSnapshot', () => {
  test('believes the first one, also when a newer job was heard of', () => {
    const job = new TestJob();
    const first = job.snapshot();
    job.steps(3);
    const log = learnJob(emptyLog(job.id), job.job);
    const taken = takeSnapshot(log, first);
    expect(taken).toEqual({ log: { ...log, epoch: 'e1', head: 1, job: first.job }, taken: 'new' });
  });

  test('[P3] starts over at another epoch', () => {
    const job = new TestJob();
    const log = queued(job);
    job.restore('e2', 1);
    const expected = { ...emptyLog(job.id), epoch: 'e2', head: 1, job: job.job, generation: 1 };
    expect(takeSnapshot(log, job.snapshot())).toEqual({ log: expected, taken: 'new' });
    expect(resetLog(expected, job.snapshot()).generation).toBe(2);
  });

  test('the same again is known, and is the same log', () => {
    const job = new TestJob();
    const log = queued(job);
    const taken = takeSnapshot(log, job.snapshot());
    expect(taken.taken).toBe('known');
    expect(taken.log).toBe(log);
  });

  test('a newer job is news', () => {
    const job = new TestJob();
    const log = queued(job);
    job.steps(1);
    expect(takeSnapshot(log, job.snapshot())).toMatchObject({ log: { job: job.job, head: 2, seq: 1 }, taken: 'new' });
  });

  test('a head that is further is kept though the job is known; a head behind is not', () => {
    const job = new TestJob();
    const log = queued(job);
    const further = takeSnapshot(log, { ...job.snapshot(), head: 5 });
    expect(further).toEqual({ log: { ...log, head: 5 }, taken: 'known' });
    expect(takeSnapshot(further.log, job.snapshot()).log).toBe(further.log);
  });
});

describe('takeEvents', () => {
  const job = new TestJob();
  job.steps(3);
  const [one, two, three, four] = job.events;
  const events = (...some: (ProgressEvent | undefined)[]) => some.filter((event) => event !== undefined);
  const start = { ...emptyLog(job.id), head: 4, epoch: 'e1' };

  test.each([
    { title: 'nothing', given: [], held: 0, taken: 'known' },
    { title: 'all in order', given: events(one, two, three, four), held: 4, taken: 'new' },
    { title: 'each of them twice', given: events(one, one, two, two), held: 2, taken: 'new' },
    { title: 'a gap at the beginning', given: events(two), held: 0, taken: 'gap' },
    { title: 'a gap later', given: events(one, three, four), held: 1, taken: 'gap' },
    { title: 'a gap and what would fill it', given: events(one, three, two), held: 1, taken: 'gap' },
    { title: 'an old one at the end', given: events(one, two, one), held: 2, taken: 'new' },
  ] as const)('[P4] holds the events without a gap, given $title', ({ given, held, taken }) => {
    const step = takeEvents(start, given);
    expect(step.taken).toBe(taken);
    expect(step.log.events).toEqual(job.events.slice(0, held));
    expect(step.log.seq).toBe(held);
    if (held === 0) expect(step.log).toBe(start);
  });

  test('[P4] appends to what it holds and drops what it has', () => {
    const log = takeEvents(start, events(one, two)).log;
    expect(takeEvents(log, events(two))).toEqual({ log, taken: 'known' });
    expect(takeEvents(log, events(two, three)).log.events).toEqual(events(one, two, three));
  });

  test('leaves out events of another job', () => {
    const other = new TestJob('BBBBBBBBBBBBBBBBBBBBBB');
    expect(takeEvents(start, other.events)).toEqual({ log: start, taken: 'known' });
  });

  test('[J2] folds the job from where it is, and leaves one that is ahead', () => {
    const waiting = new TestJob();
    const log = queued(waiting);
    const event = waiting.append('running', { percent: 7 });
    expect(takeEvents(log, [event]).log).toMatchObject({ job: { status: 'running', percent: 7 }, queue: undefined });
    const ahead = { ...start, job: job.job };
    expect(takeEvents(ahead, events(one, two)).log.job).toBe(job.job);
  });

  test('folds nothing while no job is known', () => {
    expect(takeEvents(start, events(one)).log.job).toBeUndefined();
  });

  test('keeps the queue position of a job that still waits', () => {
    const waiting = new TestJob();
    const log = queued(waiting);
    expect(takeEvents(log, [waiting.append('queued')]).log.queue).toEqual(QUEUE);
  });

  test('the head follows the events, never back', () => {
    expect(takeEvents({ ...start, head: 0 }, job.events).log.head).toBe(4);
    expect(takeEvents({ ...start, head: 9 }, job.events).log.head).toBe(9);
  });
});

describe('takeQueuePlace', () => {
  test('only a job that waits has a position', () => {
    const job = new TestJob();
    const log = queued(job);
    expect(log.queue).toEqual(QUEUE);
    job.steps(1);
    const running = learnJob(log, job.job);
    expect(takeQueuePlace(running, QUEUE)).toBe(running);
    const unknown = emptyLog(job.id);
    expect(takeQueuePlace(unknown, QUEUE)).toBe(unknown);
  });
});

describe('isComplete', () => {
  const job = new TestJob();
  job.append('cancelled');
  const all = takeEvents(takeSnapshot(emptyLog(job.id), job.snapshot()).log, job.events).log;

  test.each<{ title: string; log: JobLog; expected: boolean }>([
    { title: 'final with every event', log: all, expected: true },
    { title: 'no job known', log: { ...all, job: undefined }, expected: false },
    { title: 'not final', log: queued(new TestJob()), expected: false },
    { title: 'more events known to exist', log: { ...all, head: 3 }, expected: false },
    { title: 'the job has events that are not held', log: { ...all, seq: 1, head: 1 }, expected: false },
  ])('[J4] $title: $expected', ({ log, expected }) => {
    expect(isComplete(log)).toBe(expected);
  });
});
