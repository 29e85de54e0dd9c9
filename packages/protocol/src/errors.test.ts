import { describe, expect, it } from 'vitest';
import { ApiError, ApiErrorCode, apiError, ERROR_INFO, ErrorCode, JobError, jobError } from './errors.ts';

const STATUSES = [400, 403, 404, 408, 409, 410, 413, 415, 421, 422, 426, 429, 500, 503, 504];

describe('ERROR_INFO', () => {
  it('[R6] has exactly the codes of the wire', () => {
    expect(Object.keys(ERROR_INFO).sort()).toEqual([...ApiErrorCode.options].sort());
  });

  it.each(ApiErrorCode.options)('[R6] %s has a status, a sentence that says what happened, and advice', (code) => {
    const { status, message, advice } = ERROR_INFO[code];
    expect(STATUSES).toContain(status);
    for (const copy of [message, advice]) expect(copy).toMatch(/^[A-Z].{4,}\.$/);
    expect(advice).not.toBe(message);
  });

  it('[R6] whoever is refused for what he sent is not told to try again; who is refused for the moment is', () => {
    const wrong = Object.entries(ERROR_INFO).filter(([, { status, retryable }]) =>
      [400, 403, 404, 409, 410, 413, 415, 422, 426].includes(status) ? retryable : status >= 500 && !retryable,
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['PROVIDER_RATE_LIMIT', true],
    ['RATE_LIMITED', true],
    ['TOO_MANY_SUBSCRIPTIONS', false],
    ['TOO_MANY_JOBS', true],
    ['TOO_MANY_UPLOADS', true],
    ['TOO_MANY_CONVERSATIONS', false],
    ['CONVERSATION_FULL', false],
    ['TOO_MANY_CONNECTIONS', true],
  ] as const)('[R6] %s is 429; the same request may succeed later: %s', (code, expected) => {
    expect(ERROR_INFO[code]).toMatchObject({ status: 429, retryable: expected });
  });

  it('every reason of a job is also an answer’s code', () => {
    for (const code of ErrorCode.options) expect(ApiErrorCode.options).toContain(code);
  });
});

describe('apiError and jobError', () => {
  it('[R6] carries the standard copy, or a more precise message and the field', () => {
    expect(apiError('NOT_FOUND')).toStrictEqual({
      code: 'NOT_FOUND',
      message: ERROR_INFO.NOT_FOUND.message,
      retryable: false,
    });
    expect(apiError('INVALID_REQUEST', 'steps must be at most 50.', 'steps')).toEqual({
      code: 'INVALID_REQUEST',
      message: 'steps must be at most 50.',
      retryable: false,
      field: 'steps',
    });
  });

  it.each(ApiErrorCode.options)('[R6] apiError(%s) is what the schema of an answer takes', (code) => {
    expect(ApiError.parse(apiError(code))).toEqual(apiError(code));
  });

  it.each(ErrorCode.options)('jobError(%s) is what the schema of a job takes, retryable as the table says', (code) => {
    expect(JobError.parse(jobError(code))).toEqual(jobError(code));
    expect(jobError(code).retryable).toBe(ERROR_INFO[code].retryable);
  });

  it('a job’s failure may be worded and judged more precisely than the table does', () => {
    expect(jobError('SERVER_ERROR', 'The disk is full.', false)).toEqual({
      code: 'SERVER_ERROR',
      message: 'The disk is full.',
      retryable: false,
    });
    expect(jobError('PROVIDER_REJECTED', undefined, true)).toEqual({
      code: 'PROVIDER_REJECTED',
      message: ERROR_INFO.PROVIDER_REJECTED.message,
      retryable: true,
    });
  });

  it('a job cannot fail for a reason that only a request has', () => {
    expect(JobError.safeParse({ code: 'QUEUE_FULL', message: 'x', retryable: true }).success).toBe(false);
  });
});
