import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { parametersText } from './parameters.ts';
import { readPngText, withPngText } from './png-text.ts';

const png = async () =>
  await sharp({ create: { width: 4, height: 4, channels: 3, background: '#369' } })
    .png()
    .toBuffer();

describe('withPngText', () => {
  it.each([
    ['tEXt', 'a cat, café'],
    ['iTXt', 'İstanbul’da akşam 猫'],
  ])('writes %s that reads back, and leaves the picture whole', async (type, text) => {
    const plain = await png();
    const marked = Buffer.from(withPngText(plain, { parameters: text }));
    expect(marked.includes(Buffer.from(`${type}parameters`, 'latin1'))).toBe(true);
    expect(readPngText(marked)).toEqual({ parameters: text });
    expect(await sharp(marked).raw().toBuffer()).toEqual(await sharp(plain).raw().toBuffer());
  });
});

describe('parametersText', () => {
  it('is written as other tools read it', () => {
    const text = parametersText({ prompt: 'a cat', steps: 20, seed: 7, size: 512, style: 'flat' });
    expect(text).toBe(
      'a cat\nSteps: 20, Sampler: sketch, Seed: 7, Size: 512x512, Model: sketch, Style: flat, Version: Darkroom 0.1.0',
    );
  });
});
