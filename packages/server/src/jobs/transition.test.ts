import { applyEvent, Job, JobStatus, jobError, ProgressEvent } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../testing/random.ts';
import { firstEvent, sampleJob } from '../testing/sample-job.ts';
import { type Change, type ChangeType, type EventBody, transition } from './transition.ts';

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

  const forge = { provider: 'forge', upstreamId: 'u-1', upstreamAt: 'forge at home', percent: 30 } as const;

  it.each<{ what: string; status: JobStatus; job?: Partial<Job>; change: Change; body: EventBody }>([
    {
      what: 'a start',
      status: 'queued',
      change: { type: 'start', provider: 'forge' },
      body: { stage: 'running', attempt: 1, message: 'Started on forge', percent: 0, provider: 'forge' },
    },
    {
      what: 'an upstream id',
      status: 'running',
      change: { type: 'accept', upstreamId: 'u-2' },
      body: { stage: 'running', attempt: 1, message: 'Accepted by the backend', upstreamId: 'u-2' },
    },
    {
      what: 'an upstream id at an address',
      status: 'running',
      change: { type: 'accept', upstreamId: 'u-2', upstreamAt: 'forge at home' },
      body: {
        stage: 'running',
        attempt: 1,
        message: 'Accepted by the backend',
        upstreamId: 'u-2',
        upstreamAt: 'forge at home',
      },
    },
    {
      what: 'the queue of the backend, which tells no position',
      status: 'running',
      job: forge,
      change: { type: 'wait' },
      body: {
        stage: 'running',
        attempt: 1,
        message: 'Waiting for forge',
        notice: { kind: 'waiting', provider: 'forge' },
      },
    },
    {
      what: 'the queue of the backend, for one picture of several',
      status: 'running',
      job: { ...forge, options: { count: 4 }, resultUrls: ['/1'] },
      change: { type: 'wait', position: 2 },
      body: {
        stage: 'running',
        attempt: 1,
        message: 'Picture 2 of 4 · Waiting for forge, at position 2',
        notice: { kind: 'waiting', provider: 'forge', position: 2 },
      },
    },
    {
      what: 'the next try, after an error that ends with punctuation',
      status: 'running',
      job: forge,
      change: {
        type: 'repeat',
        error: jobError('SERVER_ERROR', 'Forge 1.5 broke!… '),
        retry: 2,
        retries: 3,
        inMs: 2_540,
      },
      body: {
        stage: 'running',
        attempt: 1,
        message: 'Forge 1.5 broke; trying again in 2.5 s (2 of 3)',
        percent: 0,
        notice: {
          kind: 'retry',
          provider: 'forge',
          retry: 2,
          retries: 3,
          inMs: 2_540,
          error: jobError('SERVER_ERROR', 'Forge 1.5 broke!… '),
        },
      },
    },
    {
      what: 'a step with its preview',
      status: 'running',
      change: { type: 'progress', percent: 33.33, step: 1, steps: 3, previewUrl: '/p' },
      body: {
        stage: 'running',
        attempt: 1,
        message: 'Step 1 of 3',
        percent: 33.3,
        step: 1,
        steps: 3,
        previewUrl: '/p',
      },
    },
    {
      what: 'a step of an unknown number',
      status: 'running',
      change: { type: 'progress', percent: 5, step: 1 },
      body: { stage: 'running', attempt: 1, message: 'Generating', percent: 5, step: 1 },
    },
    {
      what: 'a step of a job without options',
      status: 'running',
      job: { options: undefined },
      change: { type: 'progress', percent: 50, step: 1, steps: 2 },
      body: { stage: 'running', attempt: 1, message: 'Step 1 of 2', percent: 50, step: 1, steps: 2 },
    },
    {
      what: 'a number of steps, without the step',
      status: 'running',
      change: { type: 'progress', percent: 5, steps: 20 },
      body: { stage: 'running', attempt: 1, message: 'Generating', percent: 5, steps: 20 },
    },
    {
      what: 'a preview alone: the percent stays',
      status: 'running',
      job: forge,
      change: { type: 'progress', previewUrl: '/p' },
      body: { stage: 'running', attempt: 1, message: 'Generating', percent: 30, previewUrl: '/p' },
    },
    {
      what: 'a percent that is no number: the percent stays',
      status: 'running',
      job: forge,
      change: { type: 'progress', percent: Number.NaN },
      body: { stage: 'running', attempt: 1, message: 'Generating', percent: 30 },
    },
    {
      what: 'progress of which nothing is known',
      status: 'running',
      change: { type: 'progress' },
      body: { stage: 'running', attempt: 1, message: 'Generating', percent: 0 },
    },
    {
      what: 'a picture of a job without options',
      status: 'running',
      job: { options: undefined },
      change: { type: 'picture', resultUrls: ['/1'] },
      body: { stage: 'running', attempt: 1, message: 'Picture 1 of 1 is done', percent: 100, resultUrls: ['/1'] },
    },
    {
      what: 'the upload',
      status: 'running',
      change: { type: 'upload' },
      body: { stage: 'uploading', attempt: 1, message: 'Storing the picture', percent: 100 },
    },
    {
      what: 'the end',
      status: 'uploading',
      change: { type: 'complete', resultUrls: ['/1', '/2'] },
      body: { stage: 'completed', attempt: 1, message: 'Completed', percent: 100, resultUrls: ['/1', '/2'] },
    },
    {
      what: 'a failure',
      status: 'running',
      change: { type: 'fail', error: RETRYABLE },
      body: { stage: 'failed', attempt: 1, message: RETRYABLE.message, error: RETRYABLE },
    },
    {
      what: 'a failure with a placeholder',
      status: 'queued',
      change: { type: 'fail', error: RETRYABLE, previewUrl: '/placeholder' },
      body: {
        stage: 'failed',
        attempt: 1,
        message: RETRYABLE.message,
        error: RETRYABLE,
        previewUrl: '/placeholder',
      },
    },
    {
      what: 'another backend',
      status: 'running',
      job: forge,
      change: { type: 'failover', error: jobError('SERVER_ERROR', 'It broke.') },
      body: {
        stage: 'queued',
        attempt: 1,
        message: 'forge failed: It broke. Another backend is to do it',
        notice: { kind: 'failover', provider: 'forge', error: jobError('SERVER_ERROR', 'It broke.') },
      },
    },
    {
      what: 'a cancel',
      status: 'running',
      change: { type: 'cancel' },
      body: { stage: 'cancelled', attempt: 1, message: 'Cancelled' },
    },
    {
      what: 'a retry by a person',
      status: 'failed',
      change: { type: 'retry' },
      body: { stage: 'queued', attempt: 2, message: 'Retrying, attempt 2 of 3' },
    },
    {
      what: 'a planned stop',
      status: 'running',
      job: forge,
      change: { type: 'release' },
      body: { stage: 'queued', attempt: 1, message: 'The server is restarting; back in the queue' },
    },
    {
      what: 'a planned stop that leaves the backend working',
      status: 'running',
      job: forge,
      change: { type: 'release', reattach: true },
      body: {
        stage: 'queued',
        attempt: 1,
        message: 'The server is restarting; forge goes on meanwhile',
        provider: 'forge',
        upstreamId: 'u-1',
        upstreamAt: 'forge at home',
      },
    },
    {
      what: 'a lost worker whose work goes on',
      status: 'running',
      job: forge,
      change: { type: 'rescue', left: 'resumed' },
      body: {
        stage: 'queued',
        attempt: 1,
        message: 'The server stopped while working; going on with the work at forge',
        notice: { kind: 'reattach', provider: 'forge' },
        provider: 'forge',
        upstreamId: 'u-1',
        upstreamAt: 'forge at home',
      },
    },
    {
      what: 'a lost worker whose work is to be ended',
      status: 'running',
      job: forge,
      change: { type: 'rescue', left: 'ended' },
      body: {
        stage: 'queued',
        attempt: 2,
        message: 'The server stopped while working; running again, attempt 2 of 3',
        upstreamId: 'u-1',
        upstreamAt: 'forge at home',
      },
    },
    {
      what: 'a lost worker that left nothing',
      status: 'running',
      job: forge,
      change: { type: 'rescue', left: 'nothing' },
      body: {
        stage: 'queued',
        attempt: 2,
        message: 'The server stopped while working; running again, attempt 2 of 3',
      },
    },
    {
      what: 'a worker lost in the last attempt but one',
      status: 'running',
      job: { attempt: 2 },
      change: { type: 'rescue' },
      body: {
        stage: 'queued',
        attempt: 3,
        message: 'The server stopped while working; running again, attempt 3 of 3',
      },
    },
    {
      what: 'a worker lost in the last attempt',
      status: 'running',
      job: { attempt: 3 },
      change: { type: 'rescue' },
      body: {
        stage: 'failed',
        attempt: 3,
        message: 'The server stopped while working, 3 times',
        error: jobError('SERVER_ERROR', 'The server stopped while working, 3 times'),
      },
    },
  ])('[E1][E4] the event of $what', ({ status, job, change, body }) => {
    const { id, jobId, seq, ts, ...rest } = after(jobIn(status, job), change).event;
    expect([id, jobId, seq, ts]).toEqual([`${jobId}.10`, jobId, 10, new Date(NOW).toISOString()]);
    expect(rest).toStrictEqual(body);
  });

  it.each<Change>([CHANGES.wait, CHANGES.repeat, CHANGES.failover, { type: 'rescue', left: 'resumed' }])(
    '[E4] the notice of $type names no backend where none is known',
    (change) => {
      const { event } = after(jobIn('running'), change);
      expect(event.notice).not.toHaveProperty('provider');
      expect(event).not.toHaveProperty('provider');
      expect(event).not.toHaveProperty('upstreamId');
      expect(event).not.toHaveProperty('upstreamAt');
    },
  );

  it.each([
    { what: 'below nothing', percent: -5, made: 1, expected: 25 },
    { what: 'above all', percent: 250, made: 1, expected: 50 },
    { what: 'with every picture made', percent: 50, made: 4, expected: 100 },
    { what: 'in tenths', percent: 33.3, made: 2, expected: 58.3 },
  ])('[J7] percent $what stays in its bounds', ({ percent, made, expected }) => {
    const resultUrls = Array.from({ length: made }, (_, index) => `/${index}`);
    const job = jobIn('running', { ...four, resultUrls });
    expect(after(job, { type: 'progress', percent }).event.percent).toBe(expected);
  });

  it.each<{ status: JobStatus; job?: Partial<Job>; type: ChangeType; message: string }>([
    { status: 'completed', type: 'cancel', message: 'A completed job cannot cancel.' },
    { status: 'running', type: 'retry', message: 'A running job cannot retry.' },
    {
      status: 'failed',
      job: { error: REJECTED, attempt: 3 },
      type: 'retry',
      message: 'This failure cannot be retried: change the prompt or the settings instead.',
    },
    {
      status: 'failed',
      job: { error: undefined },
      type: 'retry',
      message: 'This failure cannot be retried: change the prompt or the settings instead.',
    },
    { status: 'failed', job: { attempt: 3 }, type: 'retry', message: 'All 3 attempts are used.' },
  ])('[J3] says why not: $message', ({ status, job, type, message }) => {
    expect(transition(jobIn(status, job), CHANGES[type], NOW)).toEqual({
      ok: false,
      error: { status, change: type, message },
    });
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
