import { n } from '../canvas/path.ts';
import { type Hex, hueOf, lch, saturate, toRgb } from '../colour.ts';
import { isDarkAccent, mainColour } from './outline.ts';
import { blank, blurred, lightness } from './raster.ts';
import type { Style } from './style.ts';

const TUBES = [205, 330, 292, 25, 165, 350] as const;

/** The nearest colour of light that comes as a tube. */
function tube(colour: Hex): Hex {
  const grey = saturate(colour, 0) === colour;
  const hue = hueOf(colour);
  const near = TUBES.reduce<number>((best, one) => {
    const gap = (a: number) => Math.abs(((a - hue + 540) % 360) - 180);
    return gap(one) < gap(best) ? one : best;
  }, 330);
  return lch(0.8, 0.21, grey ? 205 : near);
}

/** Towers and hills are dull by day; as tubes each takes one of three colours, always the same. */
const landTube = (d: string): Hex => lch(0.78, 0.2, [200, 335, 300][d.length % 3] ?? 300);

/** A floor of light lines running to the horizon. */
function grid(): string {
  let d = '';
  for (let i = 0; i < 26; i++) {
    const y = 590 + 14 * (1.19 ** i - 1) * 5;
    if (y < 1010) d += `M-20 ${n(y)}H1020`;
  }
  for (let i = -22; i <= 22; i++) d += `M${n(500 + i * 22)} 590L${n(500 + i * 150)} 1010`;
  return `<pattern id="grid" patternUnits="userSpaceOnUse" x="-100" y="0" width="1200" height="1100"><rect width="1200" height="1100" fill="#0a0522"/><path transform="translate(100 0)" d="${d}" fill="none" stroke="#56209a" stroke-width="1.3"/></pattern>`;
}

/** Tubes of light in the dark: glowing outlines over a floor of grid, the day's colours only a shimmer. */
export const neon: Style = {
  caption: { ink: '#ffd9f4', on: 'picture' },
  manner: (size) => ({
    defs: grid(),
    outline: (shape) => {
      const pen = size / 512;
      if (shape.role === 'light' || shape.role === 'mist') return undefined;
      const line = shape.role === 'land' ? landTube(shape.d) : tube(mainColour(shape));
      if (shape.role === 'sky') return { line: '#070218', width: 0, body: '#070218' };
      if (shape.role === 'line') return { line, width: pen * 1.2, body: undefined };
      if (isDarkAccent(shape)) return { line, width: pen * 0.9, body: '#05010f' };
      if (shape.role === 'shade') return { line: lch(0.48, 0.15, hueOf(line)), width: pen * 0.6, body: undefined };
      return {
        line,
        width: pen * (shape.role === 'thing' ? 1.8 : 1.3),
        body: shape.role === 'land' ? 'url(#grid)' : '#0d0628',
      };
    },
  }),
  finish: ({ colour, lines }) => {
    const { size } = colour;
    const near = blurred(lines, size / 190);
    const wide = blurred(lines, size / 36);
    const shimmer = lightness(blurred(colour, size / 80));
    const [low, high] = [toRgb('#05021a'), toRgb('#7d2590')];
    const out = blank(size);
    for (let i = 0; i < size * size; i++) {
      const base = (shimmer[i] ?? 0) ** 1.6 * 0.62;
      const line = 1 - (Math.floor(i / size) % 4 === 0 ? 0.07 : 0);
      for (let c = 0; c < 3; c++) {
        const p = i * 3 + c;
        const floor = (low[c] ?? 0) + ((high[c] ?? 0) - (low[c] ?? 0)) * base;
        const light = (lines.data[p] ?? 0) * 0.98 + (near.data[p] ?? 0) * 0.75 + (wide.data[p] ?? 0) * 1.05;
        out.data[p] = (255 - ((255 - floor) * Math.max(0, 255 - light)) / 255) * line;
      }
    }
    return out;
  },
};
