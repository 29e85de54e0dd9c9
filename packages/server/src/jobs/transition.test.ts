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
  wait: { type: 'wait', position: 2 },
  repeat: { type: 'repeat', error: RETRYABLE, retry: 1, retries: 3, inMs: 1_000 },
  picture: { type: 'picture', resultUrls: ['/r/1.png'] },
  failover: { type: 'failover', error: RETRYABLE },
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
  wait      -          running    -          -          -          -
  repeat    -          running    -          -          -          -
  progress  -          running    -          -          -          -
  picture   -          running    -          -          -          -
  upload    -          uploading  -          -          -          -
  complete  -          -          completed  -          -          -
  fail      failed     failed     failed     -          -          -
  failover  -          queued     queued     -          -          -
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

  const four = { options: { count: 4, steps: 20 }, provider: 'forge' } as const;
  const after = (job: Job, change: Change) => {
    const result = transition(job, change, NOW);
    if (!result.ok) throw new Error(result.error.message);
    return result;
  };

  it('[J7] percent runs over all pictures, and the log says which one is being made', () => {
    const begun = jobIn('running', four);
    const step: Change = { type: 'progress', percent: 50, step: 10, steps: 20 };
    expect(after(begun, step).event).toMatchObject({ percent: 12.5, message: 'Picture 1 of 4 · Step 10 of 20' });
    const { job, event } = after(begun, { type: 'picture', resultUrls: ['/1', '/2'] });
    expect(event).toMatchObject({ percent: 50, message: 'Picture 2 of 4 is done', resultUrls: ['/1', '/2'] });
    expect(after(job, step).event).toMatchObject({ percent: 62.5, message: 'Picture 3 of 4 · Step 10 of 20' });
  });

  it('[J6][J7] back in the queue a job keeps its pictures, and starts at their percent', () => {
    const made = after(jobIn('running', four), { type: 'picture', resultUrls: ['/1'] }).job;
    for (const type of ['release', 'rescue', 'failover'] as const) {
      const { job } = after(made, CHANGES[type]);
      expect(job.resultUrls).toEqual(['/1']);
      expect(job.percent).toBeUndefined();
      expect(after(job, { type: 'start', provider: 'forge' }).job.percent).toBe(25);
    }
  });

  it('[E4] waiting, a retry and failing over are said by notices that name the backend', () => {
    const job = jobIn('running', { provider: 'forge', upstreamId: 'u-1', percent: 30 });
    expect(after(job, CHANGES.wait).event).toMatchObject({
      notice: { kind: 'waiting', provider: 'forge', position: 2 },
      message: 'Waiting for forge, at position 2',
    });
    const repeat = after(job, CHANGES.repeat);
    expect(repeat.event.notice).toEqual({
      kind: 'retry',
      provider: 'forge',
      retry: 1,
      retries: 3,
      inMs: 1_000,
      error: RETRYABLE,
    });
    expect(repeat.event.message).toMatch(/; trying again in 1 s \(1 of 3\)$/);
    expect(repeat.job).toMatchObject({ percent: 0 });
    expect(repeat.job).not.toHaveProperty('upstreamId');
    const failover = after(job, CHANGES.failover);
    expect(failover.event.notice).toEqual({ kind: 'failover', provider: 'forge', error: RETRYABLE });
    expect(failover.job).toMatchObject({ status: 'queued', attempt: 1, tried: ['forge'] });
    expect(failover.job).not.toHaveProperty('error');
    expect(after({ ...failover.job, status: 'running' }, CHANGES.rescue).job).not.toHaveProperty('tried');
  });

  it.each([
    { type: 'release', reattach: true },
    { type: 'rescue', left: 'resumed' },
  ] as const)('[J8] $type of work that goes on keeps attempt, backend and its id', (change) => {
    const job = jobIn('running', { provider: 'forge', upstreamId: 'u-1', attempt: 3 });
    const { type } = change;
    const back = after(job, change);
    expect(back.job).toMatchObject({ status: 'queued', attempt: 3, provider: 'forge', upstreamId: 'u-1' });
    expect(back.event).toMatchObject({ provider: 'forge', upstreamId: 'u-1' });
    expect(back.event.notice).toEqual(type === 'rescue' ? { kind: 'reattach', provider: 'forge' } : undefined);
    const resumed = after(back.job, { type: 'start', provider: 'forge', resumes: true });
    expect(resumed.job.upstreamId).toBe('u-1');
    expect(resumed.event.message).toBe('Going on with the work at forge');
    expect(after(back.job, { type: 'start', provider: 'comfyui' }).job).not.toHaveProperty('upstreamId');
  });

  it('[J3] rescue of work that is to be ended first: the next attempt, at the same backend', () => {
    const job = jobIn('running', { provider: 'forge', upstreamId: 'u-1' });
    const { job: back, event } = after(job, { type: 'rescue', left: 'ended' });
    expect(back).toMatchObject({ status: 'queued', attempt: 2, provider: 'forge', upstreamId: 'u-1' });
    expect(event).not.toHaveProperty('notice');
    expect(after(job, { type: 'rescue' }).job).not.toHaveProperty('upstreamId');
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
      'wait',
      'repeat',
      'progress',
      'picture',
      'upload',
      'complete',
      'fail',
      'failover',
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
