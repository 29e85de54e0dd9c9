import { expect, it, describe as suite } from 'vitest';
import { toSvg } from './canvas/svg.ts';
import { describe, paintPicture } from './paint-picture.ts';
import { readPrompt } from './read-prompt.ts';
import { composeScene } from './scene/compose-scene.ts';
import { STYLE_NAMES } from './vocabulary/lexicon.ts';
import { SEASONS, TIMES, WEATHERS } from './vocabulary/sky.ts';
import { SUBJECT_KINDS } from './vocabulary/subjects.ts';
import { TERRAINS } from './vocabulary/terrain.ts';

const drawn = (prompt: string, seed = '1') => toSvg(composeScene(readPrompt(prompt), seed), 512);

/** Mean difference of two pictures of one size, 0–255, over a sample of their values. */
function apart(one: Uint8ClampedArray, other: Uint8ClampedArray): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 7) sum += Math.abs((one[i] ?? 0) - (other[i] ?? 0));
  return sum / (one.length / 7);
}

suite('paintPicture', () => {
  it('gives the same pixels for the same order, and others for another seed', async () => {
    const order = { prompt: 'a boat on a lake at dawn', seed: 4, size: 128 };
    const [first, again, other] = await Promise.all([
      paintPicture(order),
      paintPicture(order),
      paintPicture({ ...order, seed: 5 }),
    ]);
    expect(Buffer.from(again.data).equals(Buffer.from(first.data))).toBe(true);
    expect(apart(first.data, other.data)).toBeGreaterThan(3);
  });

  it.each([512, 768, 1024])('paints %i pixels a side', async (size) => {
    const { data } = await paintPicture({ prompt: 'a pine forest', seed: 1, size });
    expect(data.length).toBe(size * size * 3);
  });

  it('paints every style differently', async () => {
    const pictures = await Promise.all(
      STYLE_NAMES.map((style) => paintPicture({ prompt: 'a house on a hill', seed: 2, size: 128, style })),
    );
    for (const [i, one] of pictures.entries()) {
      for (const other of pictures.slice(i + 1)) expect(apart(one.data, other.data)).toBeGreaterThan(6);
    }
  });

  it('paints an abstract for words it does not know, in several compositions', async () => {
    const pictures = await Promise.all(
      [1, 2, 3].map((seed) => paintPicture({ prompt: 'serendipity', seed, size: 128 })),
    );
    expect(
      apart(pictures[0]?.data ?? new Uint8ClampedArray(), pictures[1]?.data ?? new Uint8ClampedArray()),
    ).toBeGreaterThan(3);
  });

  it('takes captions of any script and length', async () => {
    for (const prompt of ['', '猫 🐈', `${'very long words '.repeat(120)}`]) {
      expect((await paintPicture({ prompt, seed: 1, size: 128 })).size).toBe(128);
    }
  });

  it('lets the option choose the style before the prompt does', () => {
    expect(describe({ prompt: 'a cat, ink', seed: 1, size: 512, style: 'watercolor' }).style).toBe('watercolour');
    expect(describe({ prompt: 'a cat, ink', seed: 1, size: 512, style: 'unheard of' }).style).toBe('ink');
    expect(describe({ prompt: 'a cat', seed: 1, size: 512 }).style).toBe('flat');
  });
});

suite('composeScene', () => {
  it.each([...SUBJECT_KINDS])('draws %s, one and many, anywhere', (kind) => {
    for (const where of ['', ' in space', ' underwater', ' by the sea', ' flying']) {
      expect(drawn(`a ${kind}${where}`)).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(drawn(`many ${kind}s, small`)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it.each([...Object.keys(TERRAINS), ...Object.keys(TIMES), ...Object.keys(WEATHERS), ...Object.keys(SEASONS)])(
    'draws %s',
    (word) => {
      for (const seed of ['1', '2', '3']) expect(drawn(word, seed)).not.toMatch(/NaN|undefined|Infinity/);
    },
  );

  it('is decided by scene and seed alone', () => {
    expect(drawn('a fox in a forest')).toBe(drawn('a fox in a forest'));
    expect(drawn('a fox in a forest')).not.toBe(drawn('a fox in a forest', '2'));
  });
});
