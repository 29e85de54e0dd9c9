import { type Hex, hueOf, lch, lighten } from '../colour.ts';
import type { Random } from '../random.ts';
import { COLOURS } from '../vocabulary/colours.ts';

/** Five colours that belong together: two for the ground, dark or light, and three that stand out from it. */
export interface Palette {
  readonly ground: readonly [Hex, Hex];
  readonly accents: readonly [Hex, Hex, Hex];
  readonly line: Hex;
  readonly dark: boolean;
}

/** Turns of the colour wheel from the first accent to the other two. */
const HARMONIES: readonly [readonly [number, number], ...(readonly [number, number])[]] = [
  [28, 190],
  [40, -36],
  [150, 210],
  [180, 30],
  [120, -60],
];

/** A harmony from a hue: neighbours, a triad, or a split complement; the hue is the text's, or the first colour it names. */
export function paletteFor(random: Random, named: readonly string[]): Palette {
  const asked = COLOURS[named[0] ?? ''];
  const hue = asked ? hueOf(asked) : random.range(0, 360);
  const [second, third] = random.pick(HARMONIES);
  const dark = random.chance(0.5);
  const warm = lch(0.8, 0.15, 75);
  const accents: [Hex, Hex, Hex] = [
    asked ?? lch(0.66, 0.17, hue),
    COLOURS[named[1] ?? ''] ?? lch(dark ? 0.74 : 0.58, 0.15, hue + second),
    COLOURS[named[2] ?? ''] ?? (random.chance(0.4) ? warm : lch(dark ? 0.8 : 0.5, 0.12, hue + third)),
  ];
  const ground: [Hex, Hex] = dark
    ? [lch(0.2, 0.05, hue + 20), lch(0.34, 0.08, hue - 30)]
    : [lch(0.96, 0.02, hue + 40), lch(0.88, 0.045, hue - 20)];
  return { ground, accents, line: dark ? lighten(ground[1], 0.7) : lch(0.28, 0.05, hue), dark };
}
