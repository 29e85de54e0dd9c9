import { describe, expect, it } from 'vitest';
import { isProviderError } from '../../provider-error.ts';
import { WorkEnded } from '../hosted-work.ts';
import { classifyFalRefusal, classifyFalResultRefusal, classifyFalStatusRefusal } from './fal-errors.ts';

const answer = (status: number, body: unknown, headers = {}) => ({ status, headers, text: JSON.stringify(body) });
const ofModel = (type: string) => ({ detail: [{ loc: ['body', 'prompt'], msg: 'at /root/x.py', type, input: 'x' }] });
const ofRequest = (error_type: string) => ({ detail: 'Something at 10.0.0.1', error_type });

const REFUSED = { code: 'PROVIDER_REJECTED', retryable: false };
const INVALID = { code: 'INVALID_PROMPT', retryable: false };
const FAILED = { code: 'SERVER_ERROR', retryable: true, retries: 3 };
const ONCE_MORE = { code: 'SERVER_ERROR', retryable: true, retries: 1 };
const LATE = { code: 'PROVIDER_TIMEOUT', retryable: true };

describe('what fal’s results mean', () => {
  it.each([
    [422, ofModel('content_policy_violation'), REFUSED],
    [422, ofModel('no_media_generated'), ONCE_MORE],
    [422, ofModel('image_too_small'), INVALID],
    [422, ofModel('file_download_error'), INVALID],
    [400, ofRequest('bad_request'), INVALID],
    [400, ofRequest('downstream_service_error'), ONCE_MORE],
    [403, { detail: 'User is locked. Reason: Exhausted balance.' }, REFUSED],
    [499, ofRequest('client_cancelled'), { code: 'NETWORK_DISCONNECTED' }],
    [500, ofRequest('internal_server_error'), FAILED],
    [502, ofRequest('runner_incomplete_response'), FAILED],
    [503, ofRequest('runner_disconnected'), FAILED],
    [504, ofRequest('generation_timeout'), LATE],
    [504, ofRequest('startup_timeout'), LATE],
  ])('%i %j is the end: %j', (status, body, meaning) => {
    const error = classifyFalResultRefusal(answer(status, body));
    expect(error).toBeInstanceOf(WorkEnded);
    expect(error).toMatchObject({ ...meaning, mayStillRun: false });
    expect(error.message).not.toMatch(/root|10\.0/);
  });

  it.each([
    [502, '<html>'],
    [503, ''],
    [429, { detail: 'slow down' }],
    [401, { detail: 'Authentication is required to access this application.' }],
  ])('%i %j says nothing about the work', (status, body) => {
    const error = classifyFalResultRefusal(answer(status, body));
    expect(isProviderError(error)).toBe(true);
    expect(error).not.toBeInstanceOf(WorkEnded);
  });

  it('a limit that was ours is not tried again', () => {
    const headers = { 'x-fal-request-timeout-type': 'user' };
    expect(classifyFalResultRefusal(answer(504, ofRequest('request_timeout'), headers))).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      retryable: false,
    });
  });

  it('the headers may carry the type, and that nothing is to be tried again', () => {
    const headers = { 'x-fal-error-type': 'generation_timeout', 'x-fal-retryable': '0' };
    expect(classifyFalResultRefusal(answer(504, {}, headers))).toMatchObject({ ...LATE, retries: 0 });
  });

  it('names the fields that are wrong', () => {
    expect(classifyFalResultRefusal(answer(422, ofModel('missing'))).message).toBe(
      'The model does not accept this input: prompt.',
    );
  });

  it('what is not known any more is lost', () => {
    for (const classify of [classifyFalStatusRefusal, classifyFalResultRefusal])
      expect(classify(answer(404, { detail: 'Not found' }))).toMatchObject({ retryable: true, mayStillRun: false });
  });
});

describe('what refused submissions mean', () => {
  it('a throttled one may be tried after the pause', () => {
    const throttled = answer(429, ofRequest('concurrent_requests_limit'), { 'retry-after': '7' });
    expect(classifyFalRefusal(throttled)).toMatchObject({ code: 'PROVIDER_RATE_LIMIT', retryAfterMs: 7_000 });
  });

  it('whether a gateway’s answer came before or after the queue, nobody knows', () => {
    expect(classifyFalRefusal(answer(502, '<html>'))).toMatchObject({ mayStillRun: true });
    expect(classifyFalRefusal(answer(504, '<html>'))).toMatchObject({ mayStillRun: true });
    expect(classifyFalRefusal(answer(503, '<html>'))).toMatchObject({ mayStillRun: false });
  });
});
