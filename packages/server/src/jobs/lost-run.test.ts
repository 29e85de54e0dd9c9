import type { Job } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { sampleJob } from '../testing/sample-job.ts';
import { SCRIPTED_CAPABILITIES } from '../testing/scripted-provider.ts';
import type { KnownBackend } from './backend-pool.ts';
import { afterLoss, type LastSeen, STRANGER_MS } from './lost-run.ts';

const TIMEOUT_MS = 180_000;
const TAKE_OVER_MS = 20_000;
const RUNNING_AT = '2026-01-01T00:00:00.000Z';
const NOW = Date.parse(RUNNING_AT) + 30_000;

const running = (fields: Partial<Job> = {}) =>
  sampleJob({ status: 'running', provider: 'one', updatedAt: RUNNING_AT, ...fields });

function backend(
  capabilities: Partial<KnownBackend['capabilities']>,
  fields: Partial<KnownBackend> = {},
): KnownBackend {
  return {
    name: 'one',
    capabilities: { ...SCRIPTED_CAPABILITIES, ...capabilities },
    breaker: 'closed',
    concurrency: 1,
    timeoutMs: TIMEOUT_MS,
    meanMs: undefined,
    paces: [],
    ...fields,
  };
}

const decide = (job: Job, seen: Partial<LastSeen>) =>
  afterLoss(job, { backend: undefined, now: NOW, isShared: true, takeOverAfterMs: TAKE_OVER_MS, ...seen });

describe('[J3] what becomes of a job whose worker is gone', () => {
  it.each([
    ['can be gone on with', true, 'resumed'],
    ['can only be ended', false, 'ended'],
  ])('work with an id that %s', (_what, resume, left) => {
    const job = running({ upstreamId: 'u-1' });
    expect(decide(job, { backend: backend({ resume }) })).toEqual({ type: 'rescue', left });
  });

  it.each([true, false])(
    'work at a backend that nobody reaches: nothing, until its time is over (resume: %s)',
    (resume) => {
      const job = running({ upstreamId: 'u-1' });
      const silent = (ms: number) => decide(job, { backend: backend({ resume }, { seenAt: NOW - ms }) });
      expect(silent(TAKE_OVER_MS)).toMatchObject({ type: 'rescue', left: resume ? 'resumed' : 'ended' });
      expect(silent(TAKE_OVER_MS + 1)).toBeUndefined();
      expect(silent(TIMEOUT_MS - 1)).toBeUndefined();
      expect(silent(TIMEOUT_MS)).toEqual({ type: 'rescue', left: 'nothing' });
    },
  );

  it('a backend that did not tell its time limit is waited for as long as an unknown one', () => {
    const job = running({ upstreamId: 'u-1' });
    const silent = (ms: number) => decide(job, { backend: backend({}, { timeoutMs: undefined, seenAt: NOW - ms }) });
    expect(silent(STRANGER_MS - 1)).toBeUndefined();
    expect(silent(STRANGER_MS)).toEqual({ type: 'rescue', left: 'nothing' });
  });

  it('a backend that nobody knows may still come for its work, where others share the storage', () => {
    const job = running({ upstreamId: 'u-1' });
    const anew = { type: 'rescue', left: 'nothing' };
    expect(decide(job, {})).toBeUndefined();
    expect(decide(job, { now: Date.parse(RUNNING_AT) + STRANGER_MS - 1 })).toBeUndefined();
    expect(decide(job, { now: Date.parse(RUNNING_AT) + STRANGER_MS })).toEqual(anew);
    expect(decide(job, { isShared: false })).toEqual(anew);
    expect(decide(running(), {})).toEqual(anew);
  });

  it('no id, at a backend whose work always has one: nothing was begun', () => {
    expect(decide(running(), { backend: backend({ traceable: true }, { seenAt: NOW - 30_000 }) })).toEqual({
      type: 'rescue',
      left: 'nothing',
    });
  });

  it('no id, at a backend that may have it all the same: for a person to say', () => {
    const untold = backend({ traceable: false });
    const error = {
      code: 'SERVER_ERROR',
      message: expect.stringMatching(/while one was making this picture.* Retry/),
      retryable: true,
    };
    expect(decide(running(), { backend: untold })).toEqual({ type: 'fail', error });
    expect(decide(running({ status: 'uploading' }), { backend: untold })).toEqual({ type: 'rescue', left: 'nothing' });
  });
});
