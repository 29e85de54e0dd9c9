import { type Drawn, downward, filled, glow, group, type Point, stroked } from '../canvas/drawing.ts';
import { blob, ellipse, lens } from '../canvas/path.ts';
import { type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { SceneDescription, Subject } from '../scene-description.ts';
import type { HeavenKind } from '../vocabulary/subjects.ts';
import { clouds } from './clouds.ts';
import { aurora, comet, planet, rainbow } from './heavens.ts';
import type { Light } from './light.ts';

/** Sky and what is in it, and where its light stands. */
export interface PaintedSky {
  readonly drawn: readonly Drawn[];
  readonly source: Point;
}

const SKY = 'M-20 -20H1020V1020H-20Z';

export function stars(random: Random, count: number, bottom: number): Drawn[] {
  const drawn: Drawn[] = [];
  for (let i = 0; i < count; i++) {
    const y = random.next() ** 1.4 * bottom;
    const x = random.range(0, 1000);
    const size = 0.7 + random.next() ** 5 * 2.6;
    const colour = random.pick(['#ffffff', '#ffffff', '#fff1d0', '#d6e4ff', '#ffe0e0']);
    const fade = 1 - (y / bottom) ** 2;
    drawn.push(filled('light', ellipse(x, y, size), colour, (0.35 + random.next() * 0.65) * fade));
    if (size > 2.5) drawn.push(filled('light', ellipse(x, y, size * 5), glow([x, y], size * 5, colour, 0.5), fade));
  }
  return drawn;
}

/** The milky way: soft clouds of light along a slanted band, and dust of stars. */
function milkyWay(random: Random, light: Light): Drawn {
  const slope = random.sign() * random.range(0.35, 0.9);
  const middle = random.range(380, 620);
  const soft: Drawn[] = [];
  for (let i = 0; i < 26; i++) {
    const t = i / 25;
    const y = t * 620 - 30;
    const x = middle + (y - 280) * slope + random.bell() * 40;
    const colour = random.pick([light.sky[3], lighten(light.sky[2], 0.35), '#c8a6d8', '#8fb4e8']);
    soft.push(filled('light', blob(random, x, y, random.range(40, 95), random.range(30, 60), 0.3), colour, 0.1));
  }
  const dust: Drawn[] = [];
  for (let i = 0; i < 260; i++) {
    const y = random.range(-10, 600);
    const x = middle + (y - 280) * slope + random.bell() * 110;
    dust.push(filled('light', ellipse(x, y, random.range(0.4, 1.1)), '#ffffff', random.range(0.2, 0.8)));
  }
  return group([group(soft, { blur: 20 }), ...dust]);
}

function sun([x, y]: Point, radius: number, light: Light): Drawn[] {
  return [
    filled('light', ellipse(x, y, radius * 9), glow([x, y], radius * 9, light.glow, 0.75)),
    filled('light', ellipse(x, y, radius * 3.2), glow([x, y], radius * 3.2, light.source, 0.6)),
    filled(
      'thing',
      ellipse(x, y, radius),
      downward(y - radius, y + radius, light.source, mix(light.source, light.glow, 0.55)),
    ),
  ];
}

function moon([x, y]: Point, radius: number, light: Light, random: Random, colour: Hex): Drawn[] {
  const crescent = random.chance(0.4);
  const halo = [
    filled('light', ellipse(x, y, radius * 8), glow([x, y], radius * 8, light.glow, 0.38)),
    filled('light', ellipse(x, y, radius * 2.6), glow([x, y], radius * 2.6, colour, 0.4)),
  ];
  if (crescent) {
    const r = radius;
    const d = `M${x - r * 0.2} ${y - r}A${r} ${r} 0 1 0 ${x + r * 0.95} ${y + r * 0.35}A${r * 0.86} ${r * 0.86} 0 1 1 ${x - r * 0.2} ${y - r}Z`;
    return [...halo, filled('thing', d, colour)];
  }
  const seas = Array.from({ length: 6 }, () => {
    const [a, far] = [random.range(0, 6.28), random.range(0.1, 0.62) * radius];
    return filled(
      'shade',
      blob(
        random,
        x + Math.cos(a) * far,
        y + Math.sin(a) * far,
        radius * random.range(0.12, 0.26),
        radius * random.range(0.1, 0.2),
      ),
      mix(colour, light.sky[1], 0.3),
      0.5,
    );
  });
  return [...halo, filled('thing', ellipse(x, y, radius), colour), group(seas, { clip: ellipse(x, y, radius) })];
}

function rays([x, y]: Point, light: Light, random: Random): Drawn {
  const beams = Array.from({ length: 9 }, () => {
    const angle = random.range(0, Math.PI * 2);
    return filled(
      'light',
      lens(x, y, x + Math.cos(angle) * 900, y + Math.sin(angle) * 900, random.range(20, 60)),
      light.glow,
      0.09,
    );
  });
  return group(beams, { blur: 10 });
}

const wants = (scene: SceneDescription, kind: HeavenKind): Subject | undefined =>
  scene.subjects.find((subject) => subject.kind === kind);

function placeSource(scene: SceneDescription, light: Light, random: Random, horizon: number): Point {
  const side = wants(scene, light.dark ? 'moon' : 'sun')?.place.side;
  const third = random.chance(0.5) ? random.range(230, 400) : random.range(600, 770);
  const x = side === 'left' ? 250 : side === 'right' ? 750 : side === 'centre' ? 500 : third;
  const low = light.time === 'sunset' || light.time === 'dawn' || light.time === 'dusk';
  return [x, low ? horizon - random.range(60, 150) : random.range(130, 240)];
}

/** Stars, aurora and worlds behind the sun or moon. */
function heavensBehind(scene: SceneDescription, light: Light, random: Random, horizon: number, open: boolean): Drawn[] {
  const drawn: Drawn[] = [];
  if (light.dark || wants(scene, 'star')) {
    drawn.push(...stars(random.fork('stars'), open ? 240 : 60, horizon));
    if (light.weather === 'clear' && random.chance(0.65)) drawn.push(milkyWay(random.fork('milky way'), light));
  } else if (light.time === 'dusk') drawn.push(...stars(random.fork('stars'), 60, horizon * 0.6));
  if (wants(scene, 'aurora')) drawn.push(aurora(random.fork('aurora'), horizon));
  if (wants(scene, 'planet')) drawn.push(...planet(random.fork('planet'), light, wants(scene, 'planet')));
  return drawn;
}

/** The sun or the moon, or the paler sky where clouds hide it. */
function luminary(scene: SceneDescription, light: Light, random: Random, source: Point, open: boolean): Drawn[] {
  const [asMoon, asSun] = [wants(scene, 'moon'), wants(scene, 'sun')];
  const size = (asMoon ?? asSun)?.size === 'large' ? 1.7 : 1;
  if (!open && !asSun && !asMoon && light.weather !== 'fog') {
    return [filled('light', ellipse(source[0], source[1], 420), glow(source, 420, lighten(light.haze, 0.4), 0.5))];
  }
  if (light.dark || asMoon) return moon(source, size * random.range(40, 56), light, random.fork('moon'), '#f8f1dc');
  if (light.time === 'day') return sun(source, size * random.range(34, 44), light);
  return [...sun(source, size * random.range(50, 74), light), rays(source, light, random.fork('rays'))];
}

/** The sky with its sun or moon, stars, clouds and whatever else was asked of it. */
export function paintSky(scene: SceneDescription, light: Light, random: Random, horizon: number): PaintedSky {
  const source = placeSource(scene, light, random, horizon);
  const open = light.weather === 'clear' || light.weather === 'wind' || light.weather === 'snow';
  const drawn: Drawn[] = [
    filled('sky', SKY, downward(0, horizon + 20, ...light.sky)),
    ...heavensBehind(scene, light, random, horizon, open),
    ...luminary(scene, light, random, source, open),
  ];
  if (wants(scene, 'rainbow')) drawn.push(rainbow(random, horizon));
  for (let i = 0; i < (wants(scene, 'comet')?.count ?? 0); i++) drawn.push(...comet(random.fork(`comet ${i}`)));
  drawn.push(...clouds(random.fork('clouds'), light, horizon, wants(scene, 'cloud')?.count ?? 0));
  if (light.weather === 'storm') drawn.push(...lightning(random.fork('lightning'), horizon));
  return { drawn, source };
}

function lightning(random: Random, horizon: number): Drawn[] {
  let [x, y] = [random.range(200, 800), 120];
  let d = `M${x} ${y}`;
  while (y < horizon) {
    x += random.bell() * 46;
    y += random.range(22, 52);
    d += `L${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return [group([stroked(d, '#b9c8ff', 16, 0.7)], { blur: 12 }), stroked(d, '#ffffff', 4)];
}
