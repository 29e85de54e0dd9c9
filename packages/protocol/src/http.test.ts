import { describe, expect, it } from 'vitest';
import { CreateJobRequest, Prompt, ProviderCapabilities } from './http.ts';
import { LIMITS } from './limits.ts';

describe('Prompt', () => {
  it.each([
    ['a cat', true],
    ['', false],
    ['   \n ', false],
    ['p'.repeat(LIMITS.promptChars), true],
    ['p'.repeat(LIMITS.promptChars + 1), false],
    [`  ${'p'.repeat(LIMITS.promptChars)}  `, true],
    ['two\nlines\tand a tab\r\n', true],
    ['a\u0000b', false],
    ['a\u001b[31mb', false],
    ['a\u0085b', false],
    ['🐈 ğüşiöç 猫', true],
  ])('%j: accepted %s', (prompt, expected) => {
    expect(Prompt.safeParse(prompt).success).toBe(expected);
  });

  it('is trimmed', () => {
    expect(Prompt.parse('  a cat \n')).toBe('a cat');
  });

  it('names what is wrong with it', () => {
    expect(Prompt.safeParse('a\u0000b').error?.issues[0]?.message).toBe('must not contain control characters');
  });

  it('is checked in linear time, whatever it is made of', () => {
    for (const part of ['\n', 'a\n', '\t\r', 'a']) {
      const prompt = `${part.repeat(32_000)}\u0000`;
      expect(Prompt.safeParse(prompt).success).toBe(false);
    }
  });
});

describe('CreateJobRequest', () => {
  it.each([
    [{ prompt: 'a cat' }, true],
    [{ prompt: 'a cat', options: { steps: 5, size: '1024', style: 'ink', seed: 1 } }, true],
    [{}, false],
    [{ prompt: 7 }, false],
    [{ prompt: 'a cat', promt: 'a typo' }, false],
    [{ prompt: 'a cat', options: { stepz: 5 } }, false],
    [{ prompt: 'a cat', options: null }, false],
    [[], false],
    [null, false],
  ])('[R1] the body %j: accepted %s', (body, expected) => {
    expect(CreateJobRequest.safeParse(body).success).toBe(expected);
  });
});

describe('ProviderCapabilities', () => {
  const untold = {
    sizes: [],
    styles: [],
    models: null,
    samplers: null,
    steps: false,
    seed: false,
    negativePrompt: false,
    cfg: false,
    imageToImage: false,
    progress: false,
    previews: false,
    resume: false,
    cancel: 'detaches',
  };

  it('[J8] a backend that says nothing about it is not traceable: its work is never made twice', () => {
    expect(ProviderCapabilities.parse(untold)).toEqual({ ...untold, traceable: false });
  });
});
