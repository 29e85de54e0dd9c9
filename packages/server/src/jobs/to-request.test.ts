import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { PNG } from '../testing/manual-provider.ts';
import { SCRIPTED_CAPABILITIES } from '../testing/scripted-provider.ts';
import { toRequest } from './to-request.ts';

const ALL = {
  size: '768',
  steps: 30,
  seed: 7,
  style: 'ink',
  negativePrompt: 'rain',
  cfg: 4.5,
  sampler: 'Euler',
  model: 'xl',
} as const;
const input = { image: PNG, strength: 0.4 };
const first = { index: 0, input };

describe('toRequest', () => {
  it('hands on what the provider can do', () => {
    expect(toRequest({ prompt: 'a cat', options: ALL }, { ...SCRIPTED_CAPABILITIES, styles: ['ink'] }, first)).toEqual({
      ...ALL,
      prompt: 'a cat',
      size: 768,
      input,
    });
  });

  it('leaves out what it would ignore, and turns a style that it has no name for into words', () => {
    const capabilities = {
      ...SCRIPTED_CAPABILITIES,
      negativePrompt: false,
      cfg: false,
      samplers: [],
      models: [],
      imageToImage: false,
    };
    expect(toRequest({ prompt: 'a cat', options: ALL }, capabilities, first)).toEqual({
      prompt: 'a cat, ink style',
      size: 768,
      steps: 30,
      seed: 7,
    });
  });

  it('[J7] the next picture has the next seed, and after the largest comes 0', () => {
    const seedOf = (seed: number, index: number) =>
      toRequest({ prompt: 'a', options: { seed } }, SCRIPTED_CAPABILITIES, { index, input: undefined }).seed;
    expect([seedOf(7, 0), seedOf(7, 3), seedOf(LIMITS.maxSeed, 1)]).toEqual([7, 10, 0]);
  });

  it('fills in what a job leaves open, and leaves out what it does not ask for', () => {
    const expected = { prompt: 'a cat', size: 512, steps: LIMITS.defaultSteps, seed: 0 };
    const bare = { index: 0, input: undefined };
    expect(toRequest({ prompt: 'a cat' }, SCRIPTED_CAPABILITIES, bare)).toEqual(expected);
    expect(toRequest({ prompt: 'a cat', options: { negativePrompt: '' } }, SCRIPTED_CAPABILITIES, bare)).toEqual(
      expected,
    );
  });

  it('sends sampler and model to a provider that knows its lists, whatever they contain', () => {
    const capabilities = { ...SCRIPTED_CAPABILITIES, samplers: ['Euler'], models: ['xl'] };
    expect(toRequest({ prompt: 'a cat', options: ALL }, capabilities, first)).toMatchObject({
      sampler: 'Euler',
      model: 'xl',
    });
  });

  it('a style that the provider has no name for becomes words, also where it knows others', () => {
    const capabilities = { ...SCRIPTED_CAPABILITIES, styles: ['anime'] };
    expect(toRequest({ prompt: 'a cat', options: { style: 'ink' } }, capabilities, first)).toMatchObject({
      prompt: 'a cat, ink style',
      style: undefined,
    });
  });
});
