import { type Drawn, downward, filled, group } from '../canvas/drawing.ts';
import { belowCurve, blade, blob, ellipse, lens } from '../canvas/path.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Season } from '../vocabulary/sky.ts';
import type { Light } from './light.ts';
import { rolling, type Skyline, trace } from './skyline.ts';

/** What the ground is made of. */
export type Soil = 'grass' | 'sand' | 'snow' | 'paved' | 'moss' | 'dust';

/** One wave of ground on which things stand. The next, nearer one hides its foot. */
export interface Layer {
  readonly skyline: Skyline;
  /** 0 here, 1 at the horizon. */
  readonly depth: number;
  /** Height of a grown person standing on it, in units. */
  readonly person: number;
  /** Part of the width where things may stand. */
  readonly from: number;
  readonly to: number;
  readonly drawn: readonly Drawn[];
}

const SOILS: Readonly<Record<Exclude<Soil, 'grass'>, Hex>> = {
  sand: '#dfb878',
  snow: '#eef3fa',
  paved: '#6f7380',
  moss: '#47663f',
  dust: '#8d8796',
};
const GRASS: Readonly<Record<Season, Hex>> = {
  spring: '#86b65c',
  summer: '#6da04e',
  autumn: '#b98f45',
  winter: '#e6edf4',
};

export const soilColour = (soil: Soil, season: Season): Hex => (soil === 'grass' ? GRASS[season] : SOILS[soil]);

function tufts(random: Random, skyline: Skyline, colour: Hex, person: number, light: Light, depth: number): Drawn[] {
  const drawn: Drawn[] = [];
  const tall = person * 0.12;
  for (let i = 0; i < 80; i++) {
    const x = random.range(-10, 1010);
    const y = skyline(x) + random.next() ** 1.5 * person * 0.9 + 2;
    const tone = light.far(random.chance(0.5) ? darken(colour, 0.25) : lighten(colour, 0.16), depth);
    for (let k = -1; k <= 1; k++)
      drawn.push(
        filled(
          'shade',
          blade(
            x + k * tall * 0.2,
            y,
            x + k * tall * 0.5 + random.bell() * 3,
            y - tall * random.range(0.7, 1.3),
            tall * 0.16,
          ),
          tone,
          0.7,
        ),
      );
  }
  return drawn;
}

function blossoms(random: Random, skyline: Skyline, person: number, light: Light, season: Season): Drawn[] {
  const palettes: readonly (readonly [Hex, ...Hex[]])[] = [
    ['#f4a6c0', '#fff3f6', '#f7d774'],
    ['#e4574f', '#f2b84b', '#fff6e6'],
    ['#b48be0', '#f6d3e6', '#ffffff'],
  ];
  const tones =
    season === 'autumn' ? (['#d9822b', '#b8402f', '#e6b347'] as const) : (palettes[random.int(0, 2)] ?? ['#ffffff']);
  return Array.from({ length: 110 }, () => {
    const x = random.range(-10, 1010);
    const near = random.next() ** 0.8;
    const size = person * (0.008 + near * 0.017);
    const y = skyline(x) + 6 + near * person * 0.95;
    return filled('shade', blob(random, x, y, size * 1.3, size, 0.25, 6), light.lit(random.pick(tones)), 0.9);
  });
}

function furrows(random: Random, skyline: Skyline, colour: Hex, light: Light, depth: number, soil: Soil): Drawn[] {
  const count = soil === 'paved' ? 7 : 16;
  return Array.from({ length: count }, () => {
    const x = random.range(-50, 1050);
    const y = skyline(x) + random.range(8, 150);
    const half = random.range(60, 240);
    const tone = random.chance(0.5)
      ? lighten(colour, soil === 'snow' ? 0.5 : 0.18)
      : mix(darken(colour, 0.16), light.sky[1], 0.25);
    return filled(
      'shade',
      lens(x - half, y, x + half, y + random.bell() * 10, random.range(2, 7)),
      light.far(tone, depth),
      0.35,
    );
  });
}

/** A bank of ground, `nth` of `count` from far to near. */
export function bank(options: {
  light: Light;
  random: Random;
  soil: Soil;
  colour: Hex;
  season: Season;
  y: number;
  height: number;
  depth: number;
  person: number;
  near: boolean;
}): Layer {
  const { light, random, soil, colour, season, y, height, depth, person, near } = options;
  const skyline = rolling(random.fork('line'), y, height, soil === 'sand' ? 520 : 380);
  const outline = belowCurve(trace(skyline, 22), 1020);
  const tone = light.far(colour, depth);
  const low = near ? darken(tone, light.dark ? 0.5 : 0.3) : mix(tone, light.haze, 0.12);
  const rim = mix(lighten(tone, 0.14), light.glow, light.dark ? 0.08 : 0.22);
  const details: Drawn[] = [...furrows(random.fork('furrows'), skyline, colour, light, depth, soil)];
  const green = (soil === 'grass' || soil === 'moss') && season !== 'winter';
  if (green) details.push(...tufts(random.fork('tufts'), skyline, colour, person, light, depth));
  if (green && near && soil === 'grass')
    details.push(...blossoms(random.fork('blossoms'), skyline, person, light, season));
  const bottom = Math.min(1010, y + height + 220);
  return {
    skyline,
    depth,
    person,
    from: 60,
    to: 940,
    drawn: [
      filled('land', outline, downward(y - height, bottom, rim, tone, low)),
      group(details, { clip: outline, surfaceOnly: !green }),
    ],
  };
}

const FRONT: Readonly<Record<Soil, Hex>> = {
  grass: '#2f4a34',
  moss: '#2f4a34',
  snow: '#9fb2c8',
  sand: '#7a5a3a',
  paved: '#3a3f49',
  dust: '#3a3f49',
};

/** Things at the very front, dark and out of focus, that give the picture depth. */
export function framing(light: Light, random: Random, soil: Soil, season: Season): Drawn[] {
  if (soil === 'paved' || soil === 'dust') return [];
  const green = soil === 'grass' || soil === 'moss';
  const colour = darken(light.lit(green && season === 'autumn' ? '#5a4428' : FRONT[soil]), light.dark ? 0.45 : 0.2);
  const blades = Array.from({ length: 68 }, (_, i) => {
    const reach = random.next() ** 1.6 * 300;
    const x = i % 2 ? 1010 - reach : reach - 10;
    const tall = (green ? 130 : 60) * (1 - reach / 420) * random.range(0.5, 1.2);
    const outline = blade(x, 1010, x + random.bell() * 50, 1000 - tall, random.range(5, 10));
    return filled('shade', outline, random.chance(0.7) ? colour : lighten(colour, 0.1));
  });
  const drifts = green ? [] : [30, 960].map((x) => filled('shade', ellipse(x, 1030, 170, 60), colour, 0.3));
  return [group([...blades, ...drifts], { blur: 1.2 })];
}
