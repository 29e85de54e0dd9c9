import type { ProviderCapabilities, ProviderStatus } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { namesOf, offeredBy, someCan, stylesOf } from './offered.ts';

const backend = (name: string, can: Partial<ProviderCapabilities>): ProviderStatus => ({
  name,
  kind: name,
  ok: true,
  concurrency: 1,
  running: 0,
  breaker: 'closed',
  recentFailures: [],
  capabilities: {
    sizes: ['512'],
    styles: [],
    models: [],
    samplers: [],
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
    ...can,
  },
});

const PAINTER = backend('painter', { styles: ['ink'] });
const FORGE = backend('forge', { models: ['a', 'b'], cfg: true });
const COMFY = backend('comfy', { models: ['b', 'c'], samplers: null });
const ALL = [PAINTER, FORGE, COMFY];

describe('what is offered', () => {
  it('is what the chosen backend can do, and with none chosen what at least one can', () => {
    expect(someCan(offeredBy(ALL, ''), (can) => can.cfg)).toBe(true);
    expect(someCan(offeredBy(ALL, 'forge'), (can) => can.cfg)).toBe(true);
    expect(someCan(offeredBy(ALL, 'comfy'), (can) => can.cfg)).toBe(false);
  });

  it('is everything while nothing is known: no answer yet, or no such backend', () => {
    for (const offered of [offeredBy(undefined, ''), offeredBy([], ''), offeredBy(ALL, 'gone')]) {
      expect(someCan(offered, (can) => can.cfg)).toBe(true);
      expect(namesOf(offered, 'models')).toEqual({ names: [], open: true });
      expect(stylesOf(offered, ['none', 'flat'])).toEqual(['none', 'flat']);
    }
  });

  it('is every name once; open where a backend does not tell them', () => {
    expect(namesOf(offeredBy(ALL, ''), 'models')).toEqual({ names: ['a', 'b', 'c'], open: false });
    expect(namesOf(offeredBy(ALL, ''), 'samplers')).toEqual({ names: [], open: true });
    expect(namesOf(offeredBy(ALL, 'painter'), 'samplers')).toEqual({ names: [], open: false });
  });

  it('is the usual styles, unless every backend has a list of its own', () => {
    expect(stylesOf(offeredBy(ALL, ''), ['none', 'flat'])).toEqual(['none', 'flat']);
    expect(stylesOf(offeredBy(ALL, 'painter'), ['none', 'flat'])).toEqual(['none', 'ink']);
  });
});
