import { describe, expect, it } from 'vitest';
import { classifyPredictionRefusal, classifyReplicateRefusal, failedPrediction } from './replicate-errors.ts';

const answer = (status: number, body: unknown, headers = {}) => ({ status, headers, text: JSON.stringify(body) });

const REFUSED = { code: 'PROVIDER_REJECTED', retryable: false, mayStillRun: false };
const INVALID = { code: 'INVALID_PROMPT', retryable: false, mayStillRun: false };

describe('what Replicate’s refusals mean', () => {
  it.each([
    [401, {}, REFUSED],
    [402, { title: 'Insufficient credit', detail: 'Buy some.', status: 402 }, REFUSED],
    [404, { detail: 'The requested resource could not be found.' }, REFUSED],
    [422, { title: 'Invalid version or not permitted' }, REFUSED],
    [422, { title: 'Input validation failed', detail: '- seed: …\n' }, INVALID],
    [422, { invalid_fields: [{ field: 'input.seed', description: 'x' }] }, INVALID],
    [429, { detail: 'Request was throttled.' }, { code: 'PROVIDER_RATE_LIMIT', retryable: true, mayStillRun: false }],
    [500, 'oops', { code: 'SERVER_ERROR', retryable: true, mayStillRun: false }],
    [503, 'oops', { code: 'SERVER_ERROR', retryable: true, mayStillRun: false }],
    [502, '<html>', { code: 'SERVER_ERROR', retryable: true, mayStillRun: true }],
    [504, '<html>', { code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: true }],
    [524, '<html>', { code: 'SERVER_ERROR', retryable: true, mayStillRun: true }],
  ])('%i %j is %j', (status, body, meaning) => {
    expect(classifyReplicateRefusal(answer(status, body))).toMatchObject(meaning);
  });

  it('takes the pause from the header or from the words', () => {
    const words = { detail: 'Request was throttled. Your rate limit resets in ~30s.' };
    expect(classifyReplicateRefusal(answer(429, words)).retryAfterMs).toBe(30_000);
    expect(classifyReplicateRefusal(answer(429, words, { 'retry-after': '2' })).retryAfterMs).toBe(2_000);
    expect(classifyReplicateRefusal(answer(429, {})).retryAfterMs).toBeUndefined();
  });

  it('names the fields that are wrong, and nothing that the service wrote', () => {
    const invalid_fields = [{ field: 'input.seed', description: '/root/x' }, { field: '<b>' }];
    expect(classifyReplicateRefusal(answer(422, { invalid_fields })).message).toBe(
      'The model does not accept this input: seed.',
    );
  });

  it('an unknown prediction is lost', () => {
    expect(classifyPredictionRefusal(answer(404, {}))).toMatchObject({ retryable: true, mayStillRun: false });
  });
});

const ONCE_MORE = { code: 'SERVER_ERROR', retryable: true, retries: 1, mayStillRun: false };

describe('what a prediction’s end means', () => {
  it.each([
    ['failed', 'NSFW content detected. Try running it again.', REFUSED],
    ['failed', 'The input or output was flagged as sensitive. (E005)', REFUSED],
    ['failed', 'CUDA out of memory. Tried to allocate 2 GiB', ONCE_MORE],
    ['failed', 'Prediction interrupted; please retry (code: PA)', ONCE_MORE],
    ['failed', 'Director: unexpected error handling prediction (E8765)', ONCE_MORE],
    ['failed', "'NoneType' object is not subscriptable", { code: 'SERVER_ERROR', retryable: false }],
    ['failed', null, { code: 'SERVER_ERROR', retryable: false }],
    ['canceled', null, { code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: false }],
    ['aborted', null, { code: 'PROVIDER_TIMEOUT', retryable: true, mayStillRun: false }],
  ] as const)('%s, %j is %j', (status, error, meaning) => {
    const ended = failedPrediction({ status, error });
    expect(ended).toMatchObject(meaning);
    expect(ended.message).not.toContain('NoneType');
  });
});
