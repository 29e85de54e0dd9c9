import { toRgb } from '../colour.ts';
import { createRandom } from '../random.ts';
import { grain, noiseField } from './noise.ts';
import { frameMask, paper } from './paper.ts';
import { blank, blurPlane, lightness } from './raster.ts';
import type { Style } from './style.ts';

const TONES = ['#1e120b', '#5b3a22', '#b0855a', '#ecd9b4', '#f8eed8'].map(toRgb);

/** Specks and hairs of dust on the plate. */
function scars(size: number, seed: string): Float32Array {
  const marks = new Float32Array(size * size);
  const random = createRandom(`${seed}/dust`);
  const put = (x: number, y: number, value: number) => {
    const at = Math.round(y) * size + Math.round(x);
    if (x >= 0 && x < size && y >= 0 && y < size) marks[at] = value;
  };
  for (let i = 0; i < 90; i++) put(random.range(0, size), random.range(0, size), random.range(0.1, 0.35));
  for (let hair = 0; hair < 7; hair++) {
    let [x, y, turn] = [random.range(0, size), random.range(0, size), random.range(0, 6.3)];
    for (let i = 0; i < size * 0.08; i++) {
      put(x, y, 0.22);
      turn += random.bell() * 0.16;
      x += Math.cos(turn) * 0.8;
      y += Math.sin(turn) * 0.8;
    }
  }
  return marks;
}

/** A photograph of long ago: brown toning, soft focus, grain, faded corners, a card mount. */
export const sepia: Style = {
  caption: { ink: '#5a3d27', on: 'margin' },
  finish: ({ colour, seed }) => {
    const { size } = colour;
    const sharp = lightness(colour);
    const soft = blurPlane(sharp, size, size / 130);
    const sheet = paper(size, seed, '#eee2c9', 0.06);
    const mask = frameMask(size, seed, 2, 1.2);
    const [dust, fade, marks] = [
      grain(size, `${seed}/grain`),
      noiseField(size, 3, `${seed}/fade`, 3),
      scars(size, seed),
    ];
    const out = blank(size);
    for (let i = 0; i < size * size; i++) {
      const [x, y] = [(i % size) / size - 0.5, Math.floor(i / size) / size - 0.48];
      const far = Math.min(1, (x * x + y * y) * 2.3);
      const light = (sharp[i] ?? 0) * 0.62 + (soft[i] ?? 0) * 0.38;
      const curve = light * light * (3 - 2 * light) * 0.55 + light * 0.45;
      const tone = Math.min(
        0.999,
        Math.max(
          0,
          0.07 + curve * 0.9 - far * 0.34 + ((fade[i] ?? 0.5) - 0.5) * 0.17 + (dust[i] ?? 0) * 0.05 + (marks[i] ?? 0),
        ),
      );
      const place = tone * (TONES.length - 1);
      const [from, to] = [TONES[Math.floor(place)], TONES[Math.floor(place) + 1]];
      const laid = mask[i] ?? 0;
      for (let c = 0; c < 3; c++) {
        const toned = (from?.[c] ?? 0) + ((to?.[c] ?? 0) - (from?.[c] ?? 0)) * (place % 1);
        const card = sheet.data[i * 3 + c] ?? 0;
        out.data[i * 3 + c] = card + (toned - card) * laid;
      }
    }
    return out;
  },
};
