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
});
