import type { WatchState } from '@darkroom/client';
import { apiError, type Job, jobError } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { pageState } from './page-state.ts';

const JOB: Job = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  status: 'running',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'a red kite',
  lastEventSeq: 2,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:01.000Z',
  percent: 40,
};

function watch(changes: Partial<WatchState>): WatchState {
  return {
    job: JOB,
    events: [],
    queue: undefined,
    phase: 'live',
    mode: 'ws',
    demotion: undefined,
    pollIntervalMs: 2_000,
    reconnectAttempt: 0,
    retryAt: undefined,
    lastMessageAt: undefined,
    error: undefined,
    ...changes,
  };
}

const failed = (changes: Partial<Job>): Job => ({ ...JOB, status: 'failed', ...changes });

describe('pageState', () => {
  it('is loading until the job is known', () => {
    expect(pageState(watch({ job: undefined, phase: 'loading' }))).toEqual({ kind: 'loading' });
    expect(pageState(watch({ job: undefined, phase: 'connecting' }))).toEqual({ kind: 'loading' });
    expect(pageState(watch({ job: undefined, phase: 'polling', mode: 'poll' }))).toEqual({ kind: 'loading' });
  });

  it('is unavailable when nothing is known and the server does not answer', () => {
    expect(pageState(watch({ job: undefined, phase: 'reconnecting', reconnectAttempt: 3, retryAt: 9 }))).toEqual({
      kind: 'unavailable',
      attempt: 3,
      retryAt: 9,
    });
    const error = apiError('NETWORK_DISCONNECTED');
    expect(pageState(watch({ job: undefined, phase: 'polling', error })).kind).toBe('unavailable');
  });

  it('tells a job that does not exist from one the server refuses', () => {
    const gone = watch({ job: undefined, phase: 'refused', error: apiError('NOT_FOUND') });
    expect(pageState(gone)).toEqual({ kind: 'not-found' });
    expect(pageState({ ...gone, job: JOB })).toEqual({ kind: 'not-found' });
    const error = apiError('FORBIDDEN');
    expect(pageState(watch({ job: undefined, phase: 'refused', error }))).toEqual({ kind: 'refused', error });
  });

  it('is connecting while the first connection is made', () => {
    expect(pageState(watch({ phase: 'connecting' }))).toEqual({ kind: 'connecting', mode: 'ws', blocked: false });
    expect(pageState(watch({ phase: 'connecting', mode: 'sse', demotion: 'blocked' }))).toEqual({
      kind: 'connecting',
      mode: 'sse',
      blocked: true,
    });
  });

  it('is live over the transport in use', () => {
    expect(pageState(watch({ mode: 'sse', demotion: 'blocked' }))).toEqual({ kind: 'live', mode: 'sse' });
  });

  it.each(['blocked', 'lost', 'chosen'] as const)('is degraded while polling, and knows why: %s', (demotion) => {
    expect(pageState(watch({ phase: 'polling', mode: 'poll', demotion, pollIntervalMs: 4_500 }))).toEqual({
      kind: 'degraded',
      everySeconds: 5,
      reason: demotion,
    });
  });

  it('counts the tries while reconnecting', () => {
    expect(pageState(watch({ phase: 'reconnecting', reconnectAttempt: 2, retryAt: 5, demotion: 'lost' }))).toEqual({
      kind: 'reconnecting',
      attempt: 2,
      retryAt: 5,
      blocked: false,
    });
  });

  it.each(['live', 'polling', 'reconnecting', 'ended'] as const)(
    'shows an outcome whatever the connection: %s',
    (phase) => {
      const completed: Job = { ...JOB, status: 'completed', resultUrls: ['/a.png', '/b.png'] };
      expect(pageState(watch({ job: completed, phase }))).toEqual({ kind: 'completed', pictures: 2 });
      expect(pageState(watch({ job: { ...JOB, status: 'cancelled' }, phase }))).toEqual({
        kind: 'cancelled',
        percent: 40,
      });
    },
  );

  it('offers a retry only for a retryable failure with attempts left', () => {
    const error = jobError('PROVIDER_TIMEOUT');
    expect(pageState(watch({ job: failed({ error }) }))).toMatchObject({ kind: 'failed-retryable', error, attempt: 1 });
    expect(pageState(watch({ job: failed({ error, attempt: 3 }) }))).toMatchObject({
      kind: 'failed-final',
      exhausted: true,
    });
    expect(pageState(watch({ job: failed({ error: jobError('PROVIDER_REJECTED') }) }))).toMatchObject({
      kind: 'failed-final',
      exhausted: false,
    });
  });
});
