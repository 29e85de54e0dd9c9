import { noiseField } from './noise.ts';
import { frameMask, paper } from './paper.ts';
import { blank, blurred, type Raster } from './raster.ts';
import type { Style } from './style.ts';

/** The picture as a wet brush would place it: every edge wanders. */
function wander({ size, data }: Raster, seed: string): Raster {
  const out = blank(size);
  const [bx, by] = [noiseField(size, 14, `${seed}/x`, 3), noiseField(size, 14, `${seed}/y`, 3)];
  const reach = size * 0.024;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const sx = Math.min(size - 1, Math.max(0, Math.round(x + ((bx[i] ?? 0.5) - 0.5) * reach)));
      const sy = Math.min(size - 1, Math.max(0, Math.round(y + ((by[i] ?? 0.5) - 0.5) * reach)));
      const from = (sy * size + sx) * 3;
      for (let c = 0; c < 3; c++) out.data[i * 3 + c] = data[from + c] ?? 0;
    }
  }
  return out;
}

/** Transparent washes on rough paper: edges that bleed and dry dark, pigment that settles, white left at the margin. */
export const watercolour: Style = {
  caption: { ink: '#5b5048', on: 'margin' },
  finish: ({ colour, seed }) => {
    const { size } = colour;
    const wet = wander(colour, seed);
    const soft = blurred(wet, size / 150);
    const wide = blurred(wet, size / 60);
    const sheet = paper(size, seed, '#faf5ea', 0.11);
    const mask = frameMask(size, seed, 15, 3.2);
    const bleed = noiseField(size, 9, `${seed}/bleed`, 3);
    const pool = noiseField(size, 5, `${seed}/pool`, 4);
    const settle = noiseField(size, 150, `${seed}/settle`, 2);
    const out = blank(size);
    for (let i = 0; i < size * size; i++) {
      const open = Math.min(1, Math.max(0, ((bleed[i] ?? 0.5) - 0.46) * 5));
      const dilute = 0.97 + ((pool[i] ?? 0.5) - 0.5) * 0.62;
      const laid = mask[i] ?? 0;
      for (let p = i * 3; p < i * 3 + 3; p++) {
        const sharp = wet.data[p] ?? 0;
        const blur = soft.data[p] ?? 0;
        const paint = sharp + (blur - sharp) * open;
        const dried = Math.min(0, (paint - (wide.data[p] ?? 0)) * 0.5) * (1 - open * 0.7);
        const depth = Math.max(0, 255 - paint - dried) * dilute * (0.9 + ((settle[i] ?? 0.5) - 0.5) * 0.42);
        out.data[p] = (sheet.data[p] ?? 0) * (1 - (Math.min(250, depth * 1.02) / 255) * laid);
      }
    }
    return out;
  },
};
