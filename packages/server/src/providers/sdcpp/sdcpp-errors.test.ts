import { describe, expect, it } from 'vitest';
import { classifySdcppRefusal, endedBadlyError } from './sdcpp-errors.ts';

const refusal = (status: number, error: string) =>
  classifySdcppRefusal({ status, headers: {}, text: JSON.stringify({ error }) });

describe('what a refusal of sd-server means', () => {
  it.each([
    [400, 'invalid JSON', { code: 'INVALID_PROMPT', retryable: false }],
    [429, 'job queue is full', { code: 'PROVIDER_RATE_LIMIT', retryable: true, retryAfterMs: 5_000 }],
    [404, 'job not found', { code: 'SERVER_ERROR', retryable: true, mayStillRun: false }],
    [404, '', { code: 'PROVIDER_REJECTED', retryable: false }],
    [410, 'job expired', { code: 'SERVER_ERROR', retryable: true, mayStillRun: true }],
    [500, '/models/x.gguf', { code: 'SERVER_ERROR', retryable: true, retries: 1 }],
  ])('%i %s', (status, words, meaning) => {
    const error = refusal(status, words);
    expect(error).toMatchObject(meaning);
    expect(error?.message).not.toContain('/models');
  });

  it('leaves what a proxy says by status alone to the common table', () => {
    expect(refusal(401, 'unauthorized')).toBeUndefined();
  });
});

describe('how a job ends badly', () => {
  const ended = (status: 'failed' | 'cancelled', message: string) =>
    endedBadlyError({ status, queue_position: 0, error: { code: 'generation_failed', message } });

  it('failed: once more, unless it was the memory', () => {
    expect(ended('failed', 'generate_image returned no results')).toMatchObject({ retryable: true, retries: 1 });
    expect(ended('failed', 'failed to allocate buffer')).toMatchObject({ code: 'SERVER_ERROR', retryable: false });
  });

  it('cancelled by somebody else', () => {
    expect(ended('cancelled', 'job cancelled')).toMatchObject({ code: 'SERVER_ERROR', mayStillRun: false });
  });
});
