import { describe, expect, it } from 'vitest';
import { paintPicture } from '../paint-picture.ts';
import { blurred, type Raster } from '../styles/raster.ts';
import { Reveal } from './reveal.ts';

const STEPS = 20;

function distance(one: Raster, other: Raster): number {
  let sum = 0;
  for (let i = 0; i < one.data.length; i++) sum += ((one.data[i] ?? 0) - (other.data[i] ?? 0)) ** 2;
  return Math.sqrt(sum / one.data.length);
}

/** Vitest's own comparison looks at each of a million values by itself. */
const isSame = (one: Raster | undefined, other: Raster) =>
  one !== undefined && Buffer.from(one.data).equals(Buffer.from(other.data));

describe('Reveal', async () => {
  const picture = await paintPicture({ prompt: 'a castle at sunset', seed: 1, size: 512 });
  const reveal = new Reveal(picture, 'seed');
  const states = Array.from({ length: STEPS }, (_, i) => reveal.at(i + 1, STEPS));

  it('begins as noise and ends as the picture itself', () => {
    expect(distance(states[0] ?? picture, picture)).toBeGreaterThan(45);
    expect(isSame(states[STEPS - 1], picture)).toBe(true);
  });

  it('comes nearer with every step', () => {
    const distances = states.map((state) => distance(state, picture));
    for (let i = 1; i < STEPS; i++) expect(distances[i]).toBeLessThan(distances[i - 1] ?? 0);
  });

  it('shows large forms before fine ones', () => {
    const middle = states[Math.floor(STEPS * 0.45)] ?? picture;
    const coarse = distance(blurred(middle, 24), blurred(picture, 24));
    expect(coarse).toBeLessThan(distance(middle, picture) * 0.6);
  });

  it('gives the same state for the same seed, in any order', () => {
    const again = new Reveal(picture, 'seed');
    again.at(12, STEPS);
    expect(isSame(states[4], again.at(5, STEPS))).toBe(true);
    expect(isSame(states[4], new Reveal(picture, 'other').at(5, STEPS))).toBe(false);
  });
});
