import { CreateJobRequest, LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { prefillUrl } from '../../lib/prefill.ts';
import { EMPTY_FORM, problemsOf, requestOf, valuesFromQuery } from './form-values.ts';

const VALID = { ...EMPTY_FORM, prompt: 'a red kite' };

describe('problemsOf', () => {
  it('finds nothing wrong with a prompt and the defaults', () => {
    expect(problemsOf(VALID)).toEqual({});
  });

  it.each([
    ['', 'empty'],
    ['  \n ', 'empty'],
    ['x'.repeat(LIMITS.promptChars + 1), 'long'],
    ['a\u0007b', 'control'],
  ])('refuses the prompt %j as %s', (prompt, problem) => {
    expect(problemsOf({ ...VALID, prompt })).toEqual({ prompt: problem });
  });

  it('allows line breaks and tabs in a prompt, and spaces around one of full length', () => {
    expect(problemsOf({ ...VALID, prompt: 'a\n\tb' })).toEqual({});
    expect(problemsOf({ ...VALID, prompt: `  ${'x'.repeat(LIMITS.promptChars)}  ` })).toEqual({});
  });

  it.each(['4', '51', '', '7.5', '1e1', '-5', 'ten'])('refuses %j steps', (steps) => {
    expect(problemsOf({ ...VALID, steps })).toEqual({ steps: 'range' });
  });

  it.each(['-1', '1.5', String(LIMITS.maxSeed + 1), 'x'])('refuses the seed %j', (seed) => {
    expect(problemsOf({ ...VALID, seed })).toEqual({ seed: 'range' });
  });
});

describe('requestOf', () => {
  it('leaves out what was not chosen', () => {
    expect(requestOf(VALID)).toEqual({ prompt: 'a red kite', options: { size: '512', steps: 20 } });
  });

  it('makes requests the protocol accepts', () => {
    const request = requestOf({ prompt: ' a red kite ', size: '768', steps: '30', style: 'ink', seed: '0' });
    expect(request).toEqual({ prompt: 'a red kite', options: { size: '768', steps: 30, style: 'ink', seed: 0 } });
    expect(CreateJobRequest.safeParse(request).success).toBe(true);
  });
});

describe('valuesFromQuery', () => {
  it('reads back what a link to “restart with modified prompt” carries', () => {
    const options = { size: '1024', steps: 12, style: 'neon', seed: 7 } as const;
    const link = prefillUrl({ prompt: 'tea & “biscuits”\nat 5', options });
    expect(requestOf(valuesFromQuery(new URLSearchParams(link.slice(2))))).toEqual({
      prompt: 'tea & “biscuits”\nat 5',
      options,
    });
  });

  it('is the empty form without a query, and ignores a size there is none of', () => {
    expect(valuesFromQuery(new URLSearchParams())).toEqual(EMPTY_FORM);
    expect(valuesFromQuery(new URLSearchParams('size=9000')).size).toBe(EMPTY_FORM.size);
  });
});
