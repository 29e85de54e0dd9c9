import { type Drawn, filled, group } from '../canvas/drawing.ts';
import { blob, ellipse, lens } from '../canvas/path.ts';
import { darken, lighten } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Season } from '../vocabulary/sky.ts';
import type { Light } from './light.ts';

function rain(random: Random, light: Light, count: number): Drawn[] {
  const lean = random.range(-0.35, -0.12);
  return Array.from({ length: count }, () => {
    const [x, y, length] = [random.range(-50, 1150), random.range(-60, 1000), random.range(24, 70)];
    return filled(
      'light',
      lens(x, y, x + lean * length, y + length, random.range(0.7, 1.6)),
      lighten(light.haze, 0.55),
      random.range(0.18, 0.5),
    );
  });
}

function flakes(random: Random, count: number): Drawn[] {
  const near: Drawn[] = [];
  const far: Drawn[] = [];
  for (let i = 0; i < count; i++) {
    const size = 1.2 + random.next() ** 4 * 9;
    (size > 5 ? near : far).push(
      filled('light', ellipse(random.range(0, 1000), random.range(0, 1000), size), '#ffffff', random.range(0.45, 0.9)),
    );
  }
  return [...far, group(near, { blur: 1.6 })];
}

/** Leaves or petals on the wind. */
function drifting(random: Random, light: Light, season: Season): Drawn[] {
  const tones =
    season === 'autumn'
      ? (['#d9822b', '#b8402f', '#e6b347'] as const)
      : season === 'spring'
        ? (['#f7c3d2', '#fbe3ea', '#f2a5bd'] as const)
        : (['#8fae5c', '#c9c46a', '#e6e0b0'] as const);
  return Array.from({ length: 34 }, () => {
    const [x, y, turn, size] = [
      random.range(0, 1000),
      random.range(80, 960),
      random.range(0, 6.3),
      random.range(4, 12),
    ];
    return filled(
      'thing',
      lens(x, y, x + Math.cos(turn) * size * 2, y + Math.sin(turn) * size * 2, size * 0.7),
      light.lit(random.pick(tones)),
      0.9,
    );
  });
}

/** What falls, drifts or lies in the air before everything else. */
export function weatherOver(
  light: Light,
  random: Random,
  place: { readonly season: Season; readonly asked: boolean; readonly meadow: boolean },
): Drawn[] {
  const { weather } = light;
  const { season, asked, meadow } = place;
  if (weather === 'rain') return rain(random, light, 260);
  if (weather === 'storm') return rain(random, light, 330);
  if (weather === 'snow') return flakes(random, 260);
  if (weather === 'fog')
    return [
      group(
        Array.from({ length: 12 }, () =>
          filled(
            'mist',
            blob(
              random,
              random.range(0, 1000),
              random.range(430, 960),
              random.range(180, 330),
              random.range(30, 70),
              0.2,
            ),
            lighten(light.haze, 0.2),
            0.15,
          ),
        ),
        { blur: 26 },
      ),
    ];
  if (weather === 'wind' || (asked && (season === 'autumn' || season === 'spring')))
    return drifting(random, light, season);
  return light.dark && meadow && season === 'summer' ? fireflies(random, light) : [];
}

const fireflies = (random: Random, light: Light): Drawn[] =>
  Array.from({ length: 16 }, () =>
    filled(
      'light',
      ellipse(random.range(40, 960), random.range(640, 960), random.range(1.4, 2.8)),
      random.chance(0.8) ? '#ffe98a' : darken(light.glow, 0.1),
      0.85,
    ),
  );
