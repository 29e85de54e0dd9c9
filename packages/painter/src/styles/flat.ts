import { grain } from './noise.ts';
import { blank } from './raster.ts';
import type { Style } from './style.ts';

/** Clean shapes and gradients, with the faint grain of a print and a little shade in the corners. */
export const flat: Style = {
  caption: { ink: '#ffffff', on: 'picture' },
  finish: ({ colour: { size, data }, seed }) => {
    const out = blank(size);
    const dust = grain(size, `${seed}/grain`);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const i = y * size + x;
        const far = ((x / size - 0.5) ** 2 + (y / size - 0.5) ** 2) * 2;
        const shade = 1 - far * far * 0.2;
        const speck = (dust[i] ?? 0) * 4.6;
        for (let p = i * 3; p < i * 3 + 3; p++) out.data[p] = (data[p] ?? 0) * shade + speck;
      }
    }
    return out;
  },
};
