import { type Job, jobError, type ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { endErrors, logErrors, sightingErrors } from './check-log.ts';

const LOG: readonly Partial<ProgressEvent>[] = [
  { stage: 'queued' },
  { stage: 'running', message: 'Started on forge' },
  { stage: 'running', message: 'Step 1 of 5' },
  { stage: 'queued', message: 'The server stopped while working; running again, attempt 2 of 3' },
  { stage: 'running', message: 'Going on with the work at comfyui' },
  { stage: 'uploading' },
  { stage: 'completed' },
];

const numbered = (events: readonly Partial<ProgressEvent>[]): ProgressEvent[] =>
  events.map((event, index) => ({
    id: `j.${index + 1}`,
    jobId: 'j',
    seq: index + 1,
    ts: '2026-01-01T00:00:00.000Z',
    stage: 'queued',
    ...event,
  }));

const job = (change: Partial<Job>): Job => ({
  id: 'j',
  status: 'completed',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'a boat',
  lastEventSeq: 7,
  createdAt: '',
  updatedAt: '',
  ...change,
});

describe('what a chaos run finds wrong', () => {
  it('nothing, in a log of several runs', () => {
    expect(logErrors('j', numbered(LOG))).toEqual([]);
  });

  it.each<[string, readonly Partial<ProgressEvent>[]]>([
    ['a second start within a run', LOG.with(2, { stage: 'running', message: 'Started on sketch' })],
    ['a step of a run that did not start', LOG.with(1, { stage: 'running', message: 'Step 1 of 5' })],
    ['something after the end', [...LOG, { stage: 'running', message: 'Step 2 of 5' }]],
    ['a stage left out', LOG.toSpliced(5, 1)],
    ['a number twice', LOG.with(3, { stage: 'queued', seq: 3, id: 'j.3' })],
  ])('%s', (_what, events) => {
    expect(logErrors('j', numbered(events))).not.toEqual([]);
  });

  it.each<[string, Partial<Job>]>([
    ['a picture too few', { options: { count: 2 }, resultUrls: ['/1'] }],
    ['no end', { status: 'uploading' }],
    ['a failure without a reason', { status: 'failed', attempt: 3 }],
    ['a failure that nobody retried', { status: 'failed', error: jobError('SERVER_ERROR') }],
  ])('an end that is not true: %s', (_what, change) => {
    expect(endErrors(job(change))).not.toEqual([]);
    expect(endErrors(job({ resultUrls: ['/1'] }))).toEqual([]);
  });

  it('a watcher that missed an event, saw one twice, or saw another one', () => {
    const log = numbered(LOG);
    expect(sightingErrors(log, log, 'w')).toEqual([]);
    for (const seen of [
      log.slice(0, -1),
      log.toSpliced(2, 1),
      log.toSpliced(2, 0, ...log.slice(2, 3)),
      [...log, ...log],
    ])
      expect(sightingErrors(seen, log, 'w')).toHaveLength(1);
  });
});
