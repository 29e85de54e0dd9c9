import { toRgb } from '../colour.ts';
import { noiseField, smoothstep } from './noise.ts';
import { isDarkAccent } from './outline.ts';
import { frameMask, paper } from './paper.ts';
import { blank, blurPlane, blurred, lightness } from './raster.ts';
import type { Style } from './style.ts';

const INK = '#1d1a22';

/** One direction of hatching: sets in where it is darker than `from`, and grows heavier. */
const HATCHES = [
  { angle: 0.8, from: 0.34, gap: 7.4 },
  { angle: -0.72, from: 0.54, gap: 7 },
  { angle: 0.12, from: 0.7, gap: 6.4 },
  { angle: 1.45, from: 0.84, gap: 6 },
] as const;

/** Darkness 0–1, stretched so that a night, too, has paper left in it. */
function tones(light: Float32Array, size: number): Float32Array {
  const sorted = Float32Array.from(light.filter((_, i) => i % 37 === 0)).sort();
  const low = sorted[Math.floor(sorted.length * 0.03)] ?? 0;
  const high = sorted[Math.floor(sorted.length * 0.9)] ?? 1;
  const middle = ((sorted[Math.floor(sorted.length * 0.5)] ?? 0.5) - low) / Math.max(0.05, high - low);
  const gamma = Math.log(0.66) / Math.log(Math.min(0.9, Math.max(0.12, middle)));
  const soft = blurPlane(light, size, size / 256);
  return soft.map((value) => 1 - Math.min(1, Math.max(0, (value - low) / Math.max(0.05, high - low))) ** gamma);
}

/** How much ink lies on a pixel, 0–1. */
function hatching(tone: Float32Array, size: number, seed: string): Float32Array {
  const wobble = noiseField(size, 5, `${seed}/hand`, 2);
  const press = noiseField(size, 60, `${seed}/press`, 2);
  const unit = 1000 / size;
  const out = new Float32Array(tone.length);
  for (const { angle, from, gap } of HATCHES) {
    const [dx, dy] = [Math.cos(angle) * unit, Math.sin(angle) * unit];
    for (let i = 0; i < out.length; i++) {
      const dark = (tone[i] ?? 0) - from;
      if (dark <= 0) continue;
      const along = ((i % size) * dx + Math.floor(i / size) * dy + ((wobble[i] ?? 0.5) - 0.5) * 20) / gap;
      const off = Math.abs(along - Math.round(along));
      const width = (0.1 + Math.min(0.22, dark * 0.5)) * (0.65 + (press[i] ?? 0.5) * 0.7);
      const feather = Math.max(0.09, (unit / gap) * 0.55);
      const ink = (1 - smoothstep(width - feather, width + feather, off)) * Math.min(1, dark * 9) * 0.88;
      out[i] = Math.max(out[i] ?? 0, ink);
    }
  }
  return out;
}

/** Pen on laid paper: outlines, hatching for shade, and a breath of colour washed over. */
export const ink: Style = {
  caption: { ink: '#2a2630', on: 'margin' },
  manner: (size) => ({
    outline: (shape) => {
      const pen = size / 512;
      if (shape.role === 'light' || shape.role === 'mist') return undefined;
      if (shape.role === 'sky') return { line: '#ffffff', width: 0, body: '#ffffff' };
      if (shape.role === 'line') return { line: INK, width: pen, body: undefined };
      if (isDarkAccent(shape)) return { line: INK, width: pen * 0.4, body: INK };
      if (shape.role === 'shade') return { line: '#6d6872', width: pen * 0.55, body: undefined };
      return { line: INK, width: pen * (shape.role === 'thing' ? 1.5 : 1.15), body: '#ffffff' };
    },
  }),
  finish: ({ colour, lines, seed }) => {
    const { size } = colour;
    const light = lightness(colour);
    const hatch = hatching(tones(light, size), size, seed);
    const pen = lightness(lines);
    const wash = blurred(colour, size / 90);
    const sheet = paper(size, seed, '#f7f1e3', 0.07);
    const mask = frameMask(size, seed, 5, 1.5);
    const inked = toRgb(INK);
    const out = blank(size);
    for (let i = 0; i < size * size; i++) {
      const laid = mask[i] ?? 0;
      const black = Math.max(hatch[i] ?? 0, 1 - (pen[i] ?? 1)) * laid;
      for (let c = 0; c < 3; c++) {
        const p = i * 3 + c;
        const tinted = (sheet.data[p] ?? 0) * (1 - 0.3 * laid * (1 - (150 + (wash.data[p] ?? 0) * 0.42) / 255));
        out.data[p] = tinted + ((inked[c] ?? 0) - tinted) * black;
      }
    }
    return out;
  },
};
