import { type Rgb, toRgb } from '../colour.ts';
import { grain, smoothstep } from './noise.ts';
import { frameMask, paper } from './paper.ts';
import { blank } from './raster.ts';
import type { Style } from './style.ts';

/** Three drums: which light each ink takes away, the angle of its dots, and how far its plate slipped, in units. */
const DRUMS: readonly {
  readonly ink: Rgb;
  readonly takes: 0 | 1 | 2;
  readonly angle: number;
  readonly slip: readonly [number, number];
}[] = [
  { ink: toRgb('#f9cf3f'), takes: 2, angle: 0.05, slip: [2.4, -1.6] },
  { ink: toRgb('#f2557f'), takes: 1, angle: 1.31, slip: [-2.2, 1.4] },
  { ink: toRgb('#2c5fb8'), takes: 0, angle: 0.6, slip: [0, 0] },
];

/** A print from three drums: halftone dots of yellow, pink and blue, never quite in register. */
export const riso: Style = {
  caption: { ink: '#2c4f96', on: 'margin' },
  finish: ({ colour: { size, data }, seed }) => {
    const sheet = paper(size, seed, '#f8f2e2', 0.05);
    const mask = frameMask(size, seed, 1, 0.8);
    const dust = grain(size, `${seed}/drum`);
    const unit = 1000 / size;
    const gap = 6.6;
    const out = blank(size);
    out.data.set(sheet.data);
    for (const { ink, takes, angle, slip } of DRUMS) {
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let i = 0; i < size * size; i++) {
        const [x, y] = [i % size, Math.floor(i / size)];
        const sx = Math.min(size - 1, Math.max(0, Math.round(x + slip[0] / unit)));
        const sy = Math.min(size - 1, Math.max(0, Math.round(y + slip[1] / unit)));
        const from = (sy * size + sx) * 3;
        const grey = 1 - Math.max(data[from] ?? 0, data[from + 1] ?? 0, data[from + 2] ?? 0) / 255;
        const own = 1 - (data[from + takes] ?? 0) / 255;
        const amount = Math.max(0, own - (takes === 0 ? 0 : grey * 0.55)) ** 1.2;
        const [u, v] = [(x * cos + y * sin) * (unit / gap), (y * cos - x * sin) * (unit / gap)];
        const dot = 0.5 + 0.25 * (Math.cos(u * 2 * Math.PI) + Math.cos(v * 2 * Math.PI));
        const cover =
          smoothstep(-0.13, 0.13, amount - dot * 0.94 - 0.03 + (dust[i] ?? 0) * 0.09) * 0.94 * (mask[i] ?? 0);
        for (let c = 0; c < 3; c++)
          out.data[i * 3 + c] = (out.data[i * 3 + c] ?? 0) * (1 - cover * (1 - (ink[c] ?? 0) / 255));
      }
    }
    return out;
  },
};
