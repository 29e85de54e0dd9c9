import { applyEvent, Job, JobStatus, jobError, ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../testing/random.ts';
import { firstEvent, sampleJob } from '../testing/sample-job.ts';
import { type Change, type ChangeType, transition } from './transition.ts';

const NOW = Date.parse('2026-01-01T00:01:00.000Z');
const RETRYABLE = jobError('PROVIDER_TIMEOUT');
const REJECTED = jobError('PROVIDER_REJECTED');

const CHANGES: Readonly<Record<ChangeType, Change>> = {
  start: { type: 'start', provider: 'sketch' },
  accept: { type: 'accept', upstreamId: 'up-1' },
  progress: { type: 'progress', percent: 50, step: 10, steps: 20 },
  upload: { type: 'upload' },
  complete: { type: 'complete', resultUrls: ['/r/1.png'] },
  fail: { type: 'fail', error: RETRYABLE },
  cancel: { type: 'cancel' },
  retry: { type: 'retry' },
  release: { type: 'release' },
  rescue: { type: 'rescue' },
};

/** Rule J3 as a table: the state after each change, `-` where it is not allowed. The failed job here may be retried. */
const TABLE = `
            queued     running    uploading  completed  failed     cancelled
  start     running    -          -          -          -          -
  accept    -          running    -          -          -          -
  progress  -          running    -          -          -          -
  upload    -          uploading  -          -          -          -
  complete  -          -          completed  -          -          -
  fail      failed     failed     failed     -          -          -
  cancel    cancelled  cancelled  cancelled  -          -          -
  retry     -          -          -          -          queued     -
  release   -          queued     queued     -          -          -
  rescue    -          queued     queued     -          -          -
`;

const [head, ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const PAIRS = rows.flatMap(([type, ...cells]) =>
  cells.map((cell, column) => ({
    type: changeType(type),
    from: JobStatus.parse(head?.[column]),
    to: cell === '-' ? undefined : JobStatus.parse(cell),
  })),
);

function changeType(name: string | undefined): ChangeType {
  const found = Object.values(CHANGES).find(({ type }) => type === name);
  if (found === undefined) throw new Error(`the table names ${name}`);
  return found.type;
}

const jobIn = (status: JobStatus, fields: Partial<Job> = {}) =>
  sampleJob({ status, lastEventSeq: 9, ...(status === 'failed' && { error: RETRYABLE }), ...fields });

describe('transition', () => {
  it('[J3] the table names every status and every change', () => {
    expect(PAIRS).toHaveLength(JobStatus.options.length * Object.keys(CHANGES).length);
    expect(new Set(PAIRS.map(({ type, from }) => `${type} ${from}`)).size).toBe(PAIRS.length);
  });

  it.each(PAIRS)('[J3] $type from $from → $to', ({ type, from, to }) => {
    const job = jobIn(from);
    const result = transition(job, CHANGES[type], NOW);
    if (to === undefined) {
      expect(result).toMatchObject({ ok: false, error: { status: from, change: type } });
      return;
    }
    if (!result.ok) throw new Error(result.error.message);
    expect(result.job.status).toBe(to);
    expect(result.event).toMatchObject({ id: `${job.id}.10`, jobId: job.id, seq: 10, stage: to });
    expect(result.event.ts).toBe(new Date(NOW).toISOString());
    expect(result.job).toEqual(applyEvent(job, result.event));
  });

  it.each([
    ['its error says so', { error: RETRYABLE, attempt: 2 }, true],
    ['the error is for good', { error: REJECTED, attempt: 1 }, false],
    ['no attempt is left', { error: RETRYABLE, attempt: 3 }, false],
  ])('[J3] a failed job may be retried or not: %s', (_why, fields, expected) => {
    expect(transition(jobIn('failed', fields), { type: 'retry' }, NOW).ok).toBe(expected);
  });

  it.each([
    ['retry', 'failed', 1, 2],
    ['rescue', 'running', 1, 2],
    ['release', 'running', 2, 2],
    ['start', 'queued', 2, 2],
  ] as const)('[J3] %s of a %s job in attempt %i leads to attempt %i', (type, status, attempt, next) => {
    const result = transition(jobIn(status, { attempt }), CHANGES[type], NOW);
    expect(result).toMatchObject({ ok: true, job: { attempt: next }, event: { attempt: next } });
  });

  it('[J3] a job whose server died in its last attempt has failed and is final', () => {
    const result = transition(jobIn('running', { attempt: 3 }), { type: 'rescue' }, NOW);
    expect(result).toMatchObject({ ok: true, job: { status: 'failed', attempt: 3, error: { code: 'SERVER_ERROR' } } });
  });

  it.each([-5, 0, 33.3, 100, 250, Number.NaN, Number.POSITIVE_INFINITY])(
    '[E1] whatever percent a provider says (%d), the event can be read back',
    (percent) => {
      const result = transition(jobIn('running'), { type: 'progress', percent }, NOW);
      if (!result.ok) throw new Error(result.error.message);
      expect(ProgressEvent.parse(JSON.parse(JSON.stringify(result.event)))).toEqual(result.event);
      expect(Job.parse(JSON.parse(JSON.stringify(result.job)))).toEqual(result.job);
    },
  );

  it('[E1][J2] random walks keep numbers gapless, attempts in bounds, and the job the fold of its events', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { history, first, job } = walk(seed);
      expect(
        history.map(({ seq }) => seq),
        `seed ${seed}`,
      ).toEqual(history.map((_event, index) => index + 1));
      expect(history.slice(1).reduce(applyEvent, first), `seed ${seed}`).toEqual(job);
      expect(job.attempt, `seed ${seed}`).toBeLessThanOrEqual(job.maxAttempts);
      const attempts = history.map(({ attempt }) => attempt ?? 0);
      expect(attempts, `seed ${seed}`).toEqual([...attempts].sort((a, b) => a - b));
    }
  });
});

/** Sixty random changes, legal or not; the illegal ones must leave everything as it was. */
function walk(seed: number) {
  const random = createRandom(seed);
  const first = sampleJob();
  const history = [firstEvent(first)];
  let job = first;
  for (let index = 0; index < 60; index++) {
    const type = random.pick([
      'start',
      'accept',
      'progress',
      'upload',
      'complete',
      'fail',
      'retry',
      'release',
      'rescue',
    ] as const);
    const frozen = Object.freeze(job);
    const result = transition(frozen, CHANGES[type], NOW + index);
    if (!result.ok) continue;
    job = result.job;
    history.push(result.event);
  }
  return { history, first, job };
}
