import { type Drawn, downward, filled, group, type Point } from '../canvas/drawing.ts';
import { box, lens } from '../canvas/path.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Light } from './light.ts';

/** Water from the horizon to `bottom`, mirroring what stands above it. */
export function water(options: {
  light: Light;
  random: Random;
  horizon: number;
  bottom: number;
  above: readonly Drawn[];
  source: Point;
  tint: Hex | undefined;
  calm: boolean;
}): Drawn[] {
  const { light, random, horizon, bottom, above, source, tint, calm } = options;
  const own = light.lit(tint ?? (light.time === 'day' ? '#3f93b5' : '#48789c'));
  const top = mix(light.sky[3], own, 0.3);
  const low = darken(mix(light.sky[1], own, 0.6), light.dark ? 0.35 : 0.18);
  const area = box(-20, horizon, 1040, bottom - horizon + 20);
  const drawn: Drawn[] = [
    filled('water', area, downward(horizon, bottom, top, mix(top, low, 0.6), low)),
    group([group(above, { transform: `matrix(1 0 0 -0.82 0 ${horizon * 1.82})` })], {
      ripple: { reach: calm ? 22 : 40, top: horizon, bottom: Math.min(1000, bottom + 20) },
      clip: area,
      opacity: calm ? 0.6 : 0.34,
      surfaceOnly: true,
    }),
    group(
      [
        filled('mist', area, {
          kind: 'linear',
          from: [0, horizon],
          to: [0, bottom],
          stops: [
            { at: 0, colour: low, opacity: 0 },
            { at: 1, colour: low, opacity: 0.72 },
          ],
        }),
      ],
      { surfaceOnly: true },
    ),
  ];
  drawn.push(...ripples(random, light, horizon, bottom, low, top, calm));
  if (light.weather === 'clear' || light.weather === 'wind' || light.weather === 'snow')
    drawn.push(glitter(random.fork('glitter'), light, horizon, bottom, source));
  return drawn;
}

function ripples(
  random: Random,
  light: Light,
  horizon: number,
  bottom: number,
  low: Hex,
  top: Hex,
  calm: boolean,
): Drawn[] {
  return Array.from({ length: calm ? 60 : 110 }, (_, i) => {
    const near = random.next();
    const y = horizon + 4 + near ** 1.5 * (bottom - horizon);
    const half = (16 + near * 110) * random.range(0.5, 1.3);
    const x = random.range(-40, 1040);
    const tone = i % 2 ? lighten(mix(top, light.glow, 0.4), 0.15) : darken(low, 0.15);
    return filled(
      i % 5 ? 'shade' : 'water',
      lens(x - half, y, x + half, y + random.bell() * 2, 0.8 + near * (calm ? 2.4 : 5)),
      tone,
      0.14 + near * 0.22,
    );
  });
}

/** The road of light that sun or moon lays on water. */
function glitter(random: Random, light: Light, horizon: number, bottom: number, [x]: Point): Drawn {
  const sparks = Array.from({ length: 95 }, () => {
    const near = random.next();
    const y = horizon + 3 + near * (bottom - horizon) * 0.9;
    const spread = 22 + near * 85;
    const cx = x + random.bell() * spread;
    const half = (6 + near * 34) * random.range(0.4, 1.2);
    return filled(
      'light',
      lens(cx - half, y, cx + half, y, 1 + near * 2.6),
      mix(light.source, light.glow, random.next() * 0.7),
      random.range(0.25, 0.85) * (1 - near * 0.45),
    );
  });
  return group(sparks);
}

/** What a thing on the water throws onto it: its mirror image, broken by ripples. */
export function afloat(thing: readonly Drawn[], transform: string, light: Light, width: number): Drawn[] {
  const rings = [0, 1, 2].map((i) =>
    filled(
      'shade',
      lens(-width * (0.75 - i * 0.12), 4 + i * 7, width * (0.75 - i * 0.12), 4 + i * 7, 2.4 - i * 0.5),
      lighten(light.haze, 0.3),
      0.5 - i * 0.12,
    ),
  );
  return [
    group([group(thing, { transform: 'translate(0 6) scale(1 -0.62)', opacity: 0.3 })], {
      transform,
      surfaceOnly: true,
    }),
    group(thing, { transform }),
    group(rings, { transform }),
  ];
}
