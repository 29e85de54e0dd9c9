import { describe, expect, it } from 'vitest';
import { messages as app } from '../../i18n/en/app.ts';
import { messages as job } from '../../i18n/en/job.ts';
import { addMessages } from '../../i18n/translate.ts';
import { settingsOf, settingsText } from './settings.ts';

addMessages(app);
addMessages(job);

const FULL = {
  prompt: 'a red kite',
  provider: 'forge',
  options: {
    size: '768',
    steps: 30,
    style: 'ink',
    seed: 0,
    negativePrompt: 'fog',
    cfg: 6.5,
    sampler: 'Euler a',
    model: 'sdxl',
    count: 2,
    provider: 'forge',
    image: '/api/jobs/AAAAAAAAAAAAAAAAAAAAAA/inputs/1-abc.png',
    strength: 0.35,
  },
} as const;

describe('settingsOf', () => {
  it('names what was chosen, and who was found by itself', () => {
    expect(settingsOf({ provider: 'sketch', options: { size: '512', steps: 20, seed: 0 } })).toEqual([
      { name: 'Backend', value: 'sketch (automatic)' },
      { name: 'Size', value: '512 × 512' },
      { name: 'Steps', value: '20' },
      { name: 'Seed', value: '0' },
    ]);
    expect(settingsOf({})).toEqual([]);
  });
});

describe('settingsText', () => {
  it('is everything that makes the picture again', () => {
    expect(settingsText(FULL, 'https://darkroom.example').split('\n')).toEqual([
      'Prompt: a red kite',
      'Backend: forge',
      'Model: sdxl',
      'Size: 768 × 768',
      'Steps: 30',
      'Style: Ink',
      'Sampler: Euler a',
      'Guidance (CFG): 6.5',
      'Seed: 0',
      'Pictures: 2',
      'Strength: 35%',
      'Negative prompt: fog',
      'Input picture: https://darkroom.example/api/jobs/AAAAAAAAAAAAAAAAAAAAAA/inputs/1-abc.png',
    ]);
  });
});
