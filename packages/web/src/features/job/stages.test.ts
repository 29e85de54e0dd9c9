import type { JobStatus, ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { stagesOf } from './stages.ts';

const log = (...stages: JobStatus[]): ProgressEvent[] =>
  stages.map((stage, index) => ({ id: `j.${index + 1}`, jobId: 'j', seq: index + 1, ts: `t${index + 1}`, stage }));

const progress = (status: JobStatus, ...stages: JobStatus[]) =>
  stagesOf(log(...stages), status).map((view) => view.progress);

describe('stagesOf', () => {
  it('marks the stages before the current one as done', () => {
    expect(progress('queued', 'queued')).toEqual(['current', 'waiting', 'waiting', 'waiting']);
    expect(progress('uploading', 'queued', 'running', 'running', 'uploading')).toEqual([
      'done',
      'done',
      'current',
      'waiting',
    ]);
    expect(progress('completed', 'queued', 'running', 'uploading', 'completed')).toEqual([
      'done',
      'done',
      'done',
      'done',
    ]);
  });

  it('marks the stage in which a job failed or was cancelled', () => {
    expect(progress('failed', 'queued', 'running', 'failed')).toEqual(['done', 'failed', 'waiting', 'waiting']);
    expect(progress('cancelled', 'queued', 'cancelled')).toEqual(['cancelled', 'waiting', 'waiting', 'waiting']);
  });

  it('begins anew with each attempt, and tells when a stage was reached first', () => {
    const views = stagesOf(log('queued', 'running', 'failed', 'queued', 'running', 'running'), 'running');
    expect(views.map((view) => view.reachedAt)).toEqual(['t4', 't5', undefined, undefined]);
  });

  it('believes the snapshot before the events are here', () => {
    expect(stagesOf([], 'running').map((view) => view.progress)).toEqual(['done', 'current', 'waiting', 'waiting']);
  });
});
