import { CreateJobRequest, LIMITS, type ProviderCapabilities } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { prefillUrl } from '../../lib/prefill.ts';
import { advancedCount, EMPTY_FORM, fieldOf, problemsOf, requestOf, valuesFromQuery } from './form-values.ts';

const CAN: ProviderCapabilities = {
  sizes: ['512'],
  styles: [],
  models: ['a'],
  samplers: null,
  steps: true,
  seed: true,
  negativePrompt: false,
  cfg: false,
  imageToImage: false,
  progress: true,
  previews: true,
  resume: false,
  traceable: true,
  cancel: 'stops',
};
const IMAGE = '/api/uploads/AAAAAAAAAAAAAAAAAAAAAA';
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
    ['a\ud800b', 'control'],
  ])('refuses the prompt %j as %s', (prompt, problem) => {
    expect(problemsOf({ ...VALID, prompt })).toEqual({ prompt: problem });
  });

  it.each([
    ['x'.repeat(LIMITS.negativePromptChars + 1), 'long'],
    ['a\u0000b', 'control'],
    ['a\udfffb', 'control'],
  ])('refuses the negative prompt %j as %s', (negativePrompt, problem) => {
    expect(problemsOf({ ...VALID, negativePrompt })).toMatchObject({ negativePrompt: problem });
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

  it.each(['-1', '31', 'x', '1e1', '7,5'])('refuses the guidance %j', (cfg) => {
    expect(problemsOf({ ...VALID, cfg })).toEqual({ cfg: 'range' });
  });

  it('allows no guidance, none at all and half steps', () => {
    for (const cfg of ['', '0', '7.5', '30']) expect(problemsOf({ ...VALID, cfg })).toEqual({});
  });

  it('refuses what none of the backends can do, and nothing while they are not known', () => {
    const wishes = {
      ...VALID,
      size: '1024',
      negativePrompt: 'fog',
      cfg: '7',
      model: 'b',
      sampler: 'Euler',
      image: IMAGE,
    };
    expect(problemsOf(wishes, [CAN])).toEqual({
      size: 'unsupported',
      negativePrompt: 'unsupported',
      cfg: 'unsupported',
      model: 'unsupported',
      image: 'unsupported',
    });
    const more = { ...CAN, sizes: ['1024' as const], models: ['b'], negativePrompt: true, cfg: true };
    expect(problemsOf(wishes, [CAN, { ...more, imageToImage: true }])).toEqual({});
    expect(problemsOf(wishes)).toEqual({});
  });
});

describe('requestOf', () => {
  it('leaves out what was not chosen', () => {
    expect(requestOf(VALID)).toEqual({ prompt: 'a red kite', options: { size: '512', steps: 20 } });
  });

  it('makes requests the protocol accepts', () => {
    const request = requestOf({
      ...EMPTY_FORM,
      prompt: ' a red kite ',
      size: '768',
      steps: '30',
      style: 'ink',
      seed: '0',
    });
    expect(request).toEqual({ prompt: 'a red kite', options: { size: '768', steps: 30, style: 'ink', seed: 0 } });
    expect(CreateJobRequest.safeParse(request).success).toBe(true);
  });
});

describe('advancedCount', () => {
  it('counts what is not as by default; the strength belongs to the picture', () => {
    expect(advancedCount(VALID)).toBe(0);
    expect(advancedCount({ ...VALID, seed: '1', image: IMAGE, strength: '0.2' })).toBe(2);
  });
});

describe('fieldOf', () => {
  it('finds the field that a refusal is about', () => {
    expect(fieldOf('options.sampler')).toBe('sampler');
    for (const other of ['prompt', 'options.nothing', undefined]) expect(fieldOf(other)).toBeUndefined();
  });
});

describe('valuesFromQuery', () => {
  it('reads back what a link to “restart with modified prompt” carries', () => {
    const options = {
      size: '1024',
      steps: 12,
      style: 'neon',
      seed: 7,
      provider: 'forge',
      model: 'sdxl & more',
      sampler: 'DPM++ 2M',
      negativePrompt: 'fog',
      cfg: 6.5,
      count: 3,
      image: IMAGE,
      strength: 0.35,
    } as const;
    const link = prefillUrl({ prompt: 'tea & “biscuits”\nat 5', options });
    expect(requestOf(valuesFromQuery(new URLSearchParams(link.slice(2))))).toEqual({
      prompt: 'tea & “biscuits”\nat 5',
      options,
    });
  });

  it('is the empty form without a query, and ignores what no field of it could hold', () => {
    expect(valuesFromQuery(new URLSearchParams())).toEqual(EMPTY_FORM);
    const strange = new URLSearchParams('size=9000&count=9&image=https://elsewhere.example/x.png&strength=2');
    expect(valuesFromQuery(strange)).toEqual(EMPTY_FORM);
  });
});
