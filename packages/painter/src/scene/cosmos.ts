import { type Drawn, downward, filled, glow, group, type Point } from '../canvas/drawing.ts';
import { blob, ellipse } from '../canvas/path.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { SceneDescription } from '../scene-description.ts';
import { COLOURS } from '../vocabulary/colours.ts';
import { comet, planet } from './heavens.ts';
import type { Light } from './light.ts';
import { stars } from './sky.ts';

const NEBULAE: readonly (readonly [Hex, Hex, Hex, Hex])[] = [
  ['#070818', '#c0407f', '#5c3fc0', '#3f8fd9'],
  ['#060b1c', '#2f7fb8', '#3fb8a8', '#8a5fd0'],
  ['#0c0716', '#e0713f', '#b03f6f', '#4a3f9f'],
  ['#050d16', '#2fae96', '#3f6fd0', '#d0a04a'],
];

/** Deep space: nebulae, stars, worlds. */
export function cosmos(
  scene: SceneDescription,
  light: Light,
  random: Random,
): { drawn: Drawn[]; source: Point; ground: Hex } {
  const [night, ...set] = NEBULAE[random.int(0, NEBULAE.length - 1)] ?? ['#070818', '#c0407f', '#5c3fc0', '#3f8fd9'];
  const tint = COLOURS[scene.tints.sky ?? scene.colours[0] ?? ''];
  const hues = tint ? [tint, lighten(tint, 0.2), mix(tint, set[1] ?? tint, 0.5)] : set;
  const slope = random.range(-0.9, 0.9);
  const clouds: Drawn[] = [];
  for (let i = 0; i < 60; i++) {
    const x = random.range(-80, 1080);
    const y = 430 + (x - 500) * slope + random.bell() * 230;
    const size = random.range(50, 170);
    clouds.push(
      filled(
        'light',
        blob(random, x, y, size * 1.3, size, 0.35),
        hues[i % hues.length] ?? night,
        random.range(0.08, 0.2),
      ),
    );
  }
  for (let i = 0; i < 16; i++) {
    const x = random.range(0, 1000);
    clouds.push(
      filled(
        'light',
        blob(
          random,
          x,
          430 + (x - 500) * slope + random.bell() * 110,
          random.range(40, 110),
          random.range(18, 50),
          0.4,
        ),
        darken(night, 0.4),
        0.34,
      ),
    );
  }
  const drawn: Drawn[] = [
    filled('sky', 'M-20 -20H1020V1020H-20Z', downward(0, 1000, night, mix(night, hues[1] ?? night, 0.22), night)),
    group(clouds, { blur: 34 }),
    ...stars(random.fork('stars'), 420, 1500),
  ];
  const worlds = scene.subjects.find(({ kind }) => kind === 'planet');
  drawn.push(
    ...planet(
      random.fork('worlds'),
      light,
      worlds ?? { kind: 'planet', count: 2, colours: [], size: 'normal', place: {} },
    ),
  );
  const source: Point = [random.range(120, 880), random.range(60, 240)];
  drawn.push(
    filled('light', ellipse(source[0], source[1], 240), glow(source, 240, '#fff2d0', 0.55)),
    filled('light', ellipse(source[0], source[1], 7), '#ffffff'),
  );
  for (let i = 0; i < (scene.subjects.find(({ kind }) => kind === 'comet')?.count ?? 1); i++)
    drawn.push(...comet(random.fork(`comet ${i}`)));
  return { drawn, source, ground: mix('#8d8796', hues[0] ?? night, 0.28) };
}

/** Craters on airless ground. */
export function craters(random: Random, colour: Hex, top: number): Drawn[] {
  return Array.from({ length: 16 }, () => {
    const near = random.next();
    const [x, y, r] = [random.range(0, 1000), top + 30 + near * (980 - top), 10 + near * 46];
    return group([
      filled('land', ellipse(x, y, r, r * 0.3), darken(colour, 0.32), 0.6),
      filled('shade', ellipse(x, y + r * 0.07, r * 0.86, r * 0.22), darken(colour, 0.5), 0.55),
      filled('shade', ellipse(x, y + r * 0.2, r * 0.8, r * 0.1), lighten(colour, 0.2), 0.4),
    ]);
  });
}
