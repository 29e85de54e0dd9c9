import type { JobOptions } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { SCRIPTED_CAPABILITIES } from '../testing/scripted-provider.ts';
import { chooseBackends } from './choose-backends.ts';

const all = [
  {
    name: 'forge',
    capabilities: { ...SCRIPTED_CAPABILITIES, samplers: ['Euler', 'DPM'], models: ['xl'], styles: ['ink'] },
  },
  {
    name: 'openai',
    capabilities: {
      ...SCRIPTED_CAPABILITIES,
      sizes: ['1024' as const],
      samplers: [],
      models: [],
      steps: false,
      seed: false,
      cfg: false,
      negativePrompt: false,
    },
  },
  { name: 'young', capabilities: { ...SCRIPTED_CAPABILITIES, imageToImage: false } },
];

const namesOf = (options: JobOptions) => {
  const choice = chooseBackends(options, all);
  return choice.ok ? choice.backends.map(({ name }) => name) : choice;
};

describe('chooseBackends', () => {
  it.each<[JobOptions, string[]]>([
    [{}, ['forge', 'openai', 'young']],
    [{ size: '512' }, ['forge', 'young']],
    [{ sampler: 'Euler' }, ['forge', 'young']],
    // A list that is not known yet refuses nothing.
    [{ sampler: 'Heun' }, ['young']],
    [{ model: 'xl' }, ['forge', 'young']],
    [{ model: 'flux' }, ['young']],
    [{ cfg: 7, negativePrompt: 'rain' }, ['forge', 'young']],
    [{ negativePrompt: '' }, ['forge', 'openai', 'young']],
    [{ image: '/api/uploads/x' }, ['forge', 'openai']],
    [{ steps: 50, seed: 3, style: 'oil on copper', strength: 0.5, count: 4 }, ['forge', 'openai', 'young']],
    [{ provider: 'openai', size: '1024' }, ['openai']],
  ])('[R8] %j → %j', (options, names) => {
    expect(namesOf(options)).toEqual(names);
  });

  it.each<[JobOptions, keyof JobOptions, string]>([
    [{ provider: 'nobody' }, 'provider', 'There is no backend “nobody”.'],
    [{ provider: 'forge', sampler: 'X' }, 'sampler', 'forge cannot use the sampler “X”.'],
    [{ provider: 'openai', size: '512' }, 'size', 'openai cannot do 512 px.'],
    [{ provider: 'forge', model: 'flux' }, 'model', 'forge cannot use the model “flux”.'],
    [{ provider: 'openai', cfg: 7 }, 'cfg', 'openai cannot use a guidance scale.'],
    [{ provider: 'young', image: '/api/uploads/x' }, 'image', 'young cannot begin with a picture.'],
    [{ provider: 'openai', negativePrompt: 'rain' }, 'negativePrompt', 'openai cannot use a negative prompt.'],
    [
      { model: 'flux', image: '/api/uploads/x' },
      'image',
      'No backend can begin with a picture together with the other options.',
    ],
  ])('[R8] %j is refused for its %s', (options, option, message) => {
    expect(namesOf(options)).toEqual({ ok: false, option, message });
  });

  it('[R8] says so when there is nobody at all', () => {
    expect(chooseBackends({}, [])).toEqual({
      ok: false,
      option: 'provider',
      message: 'There is no backend.',
    });
  });
});
