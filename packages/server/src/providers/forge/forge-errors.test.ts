import { describe, expect, it } from 'vitest';
import { classifyForgeRefusal } from './forge-errors.ts';

const TRACE = 'CUDA out of memory. Tried to allocate 20.00 GiB. File "/opt/forge/modules/processing.py"';

/** Answers as the two write them. */
const REFUSALS: readonly (readonly [name: string, status: number, body: unknown, meaning: object])[] = [
  [
    'Forge: out of memory',
    500,
    { error: 'OutOfMemoryError', detail: '', body: '', message: TRACE },
    { code: 'SERVER_ERROR', retryable: false },
  ],
  [
    'A1111: out of memory',
    500,
    { error: 'OutOfMemoryError', detail: '', body: '', errors: TRACE },
    { code: 'SERVER_ERROR', retryable: false },
  ],
  [
    'Forge: a crash',
    500,
    { error: 'RuntimeError', detail: '', body: '', message: 'File "/opt/x.py"' },
    { code: 'SERVER_ERROR', retryable: true, retries: 1 },
  ],
  [
    'A1111: an unknown model',
    500,
    { error: 'RuntimeError', detail: '', body: '', errors: "model 'x' not found" },
    { code: 'INVALID_PROMPT', retryable: false },
  ],
  ['Forge: not allowed', 401, { detail: 'Not authenticated' }, { code: 'PROVIDER_REJECTED', retryable: false }],
  [
    'A1111: not allowed',
    401,
    { error: 'HTTPException', detail: 'Incorrect username or password', body: '', errors: '' },
    { code: 'PROVIDER_REJECTED', retryable: false },
  ],
  ['no API', 404, { detail: 'Not Found' }, { code: 'PROVIDER_REJECTED', message: expect.stringContaining('--api') }],
  ['an input picture that is missing', 404, { detail: 'Init image not found' }, { code: 'INVALID_PROMPT' }],
  ['an input picture that is none', 500, { detail: 'Invalid encoded image' }, { code: 'INVALID_PROMPT' }],
  ['older versions: a sampler', 400, { detail: 'Sampler not found' }, { code: 'INVALID_PROMPT' }],
  [
    'a wrong type',
    422,
    { detail: [{ loc: ['body', 'steps'], msg: 'value is not a valid integer', type: 'type_error.integer' }] },
    { code: 'INVALID_PROMPT', retryable: false },
  ],
  ['a proxy’s page', 500, '<html>', { code: 'SERVER_ERROR', retryable: true }],
];

describe('what a refusal of Forge or A1111 means', () => {
  it.each(REFUSALS)('%s', (_name, status, body, meaning) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const error = classifyForgeRefusal({ status, headers: {}, text });
    expect(error).toMatchObject({ ...meaning, mayStillRun: false });
    expect(error?.message).not.toMatch(/opt|CUDA|html/);
  });

  it('leaves what a proxy says by status alone to the common table', () => {
    expect(classifyForgeRefusal({ status: 502, headers: {}, text: '<html>' })).toBeUndefined();
    expect(classifyForgeRefusal({ status: 429, headers: {}, text: '{}' })).toBeUndefined();
  });
});
