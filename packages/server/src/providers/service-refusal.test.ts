import { describe, expect, it } from 'vitest';
import { classifyRefusal, type ServiceRefusal } from './service-refusal.ts';

const refuse = (refusal: Partial<ServiceRefusal>) =>
  classifyRefusal({ status: 400, headers: undefined, error: undefined, text: '', key: undefined, ...refusal });

describe('classifyRefusal', () => {
  it.each([
    ['an OpenAI code', { error: { code: 'moderation_blocked' } }, 'PROVIDER_REJECTED'],
    ['a code in an error inside a stream', { status: undefined, error: { code: 'server_error' } }, 'SERVER_ERROR'],
    ['only a type, in a stream', { status: undefined, error: { type: 'invalid_request_error' } }, 'INVALID_PROMPT'],
    ['a string', { error: 'prompt required' }, 'INVALID_PROMPT'],
    ['a string that is a code', { status: 500, error: 'server_error' }, 'SERVER_ERROR'],
    ['Google’s wrong key', { error: { code: 400 }, text: '{"reason":"API_KEY_INVALID"}' }, 'PROVIDER_REJECTED'],
    ['moderation without a code', { text: 'Content violates usage guidelines.' }, 'PROVIDER_REJECTED'],
    ['no credit', { status: 402, text: 'Insufficient credits.' }, 'PROVIDER_REJECTED'],
    ['nothing', {}, 'INVALID_PROMPT'],
    ['a shape of its own', { status: 422, error: { detail: [1] } }, 'INVALID_PROMPT'],
    ['an error of an unexpected type', { status: 503, error: 17 }, 'SERVER_ERROR'],
  ] as const)('by %s', (_, refusal, code) => {
    expect(refuse(refusal).code).toBe(code);
  });

  it('a failure of memory is not repeated', () => {
    const error = refuse({ status: 500, text: 'CUDA error: out of memory' });
    expect(error).toMatchObject({ code: 'SERVER_ERROR', retryable: false, retries: 0 });
  });

  it('reads the pause in either header', () => {
    const pause = (headers: Record<string, string>) =>
      refuse({ status: 429, headers: new Headers(headers) }).retryAfterMs;
    expect(pause({ 'retry-after': '7' })).toBe(7_000);
    expect(pause({ 'retry-after-ms': '250', 'retry-after': '7' })).toBe(250);
    expect(pause({})).toBeUndefined();
  });

  it('keeps the key out of the cause, and everything said out of the message', () => {
    const error = refuse({ status: 401, text: 'Incorrect API key provided: sk-1.', key: 'sk-1' });
    expect(String(error.cause)).toBe('Error: HTTP 401: Incorrect API key provided: ….');
    expect(error.message).toBe('The backend does not accept the server’s key.');
  });
});
