import { across, type Drawn, downward, filled, glow, group } from '../canvas/drawing.ts';
import { belowCurve, belowLine, box, ellipse, n, polygon } from '../canvas/path.ts';
import { recolour } from '../canvas/recolour.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import { pine, tree } from '../motifs/plants.ts';
import type { Random } from '../random.ts';
import type { Season } from '../vocabulary/sky.ts';
import type { Light } from './light.ts';
import { mistBand } from './mountains.ts';
import { rolling, trace } from './skyline.ts';

/** Hills behind one another. */
export function hills(light: Light, random: Random, horizon: number, colour: Hex, tall = 90): Drawn[] {
  return [0, 1, 2].flatMap((i): Drawn[] => {
    const depth = 0.92 - i * 0.2;
    const y = horizon - tall * (0.85 - i * 0.36);
    const line = rolling(random.fork(`hill ${i}`), y, tall * (0.75 - i * 0.15), 210 + i * 40);
    const tone = light.far(colour, depth);
    return [
      filled(
        'land',
        belowCurve(trace(line, 20), horizon + 30),
        downward(y - tall, horizon + 20, mix(tone, light.glow, 0.12), tone, mix(tone, light.haze, 0.55)),
      ),
      ...(i < 2 ? [mistBand(light, horizon - 10 + i * 6, 0.22 + light.air * 0.4)] : []),
    ];
  });
}

/** A wall of trees against the distance: two or three ranks of tops. */
export function treeline(light: Light, random: Random, horizon: number, season: Season, leafy: boolean): Drawn[] {
  return [0, 1, 2].flatMap((rank): Drawn[] => {
    const depth = 0.82 - rank * 0.22;
    const height = 120 + rank * 75;
    const drawn: Drawn[] = [];
    const step = 34 + rank * 16;
    for (let x = -40; x < 1050; x += step * random.range(0.6, 1.1)) {
      const motif = leafy && random.chance(0.75) ? tree : pine;
      const colour = motif === pine ? '#35654f' : '#5b8c4a';
      const own = motif({
        colour,
        bright: lighten(colour, 0.2),
        shade: darken(colour, 0.25),
        random,
        dark: light.dark,
        season,
      });
      const simple = rank < 2 ? own.filter((part) => part.kind === 'group' || part.role === 'thing') : own;
      const scale = (height * random.range(0.75, 1.25)) / 100;
      drawn.push(
        group(
          recolour(simple, (paint) => light.far(paint, depth)),
          { transform: `translate(${n(x)} ${n(horizon + 14 + rank * 10)}) scale(${n(scale)})` },
        ),
      );
    }
    return [...drawn, mistBand(light, horizon + 6 + rank * 8, 0.4 + light.air * 0.5)];
  });
}

function windows(random: Random, x: number, top: number, width: number, bottom: number, light: Light): Drawn[] {
  const drawn: Drawn[] = [];
  const chance = light.dark ? 0.5 : light.time === 'dusk' || light.time === 'sunset' ? 0.3 : 0.12;
  for (let y = top + 10; y < bottom - 8; y += 13) {
    for (let wx = x + 5; wx < x + width - 7; wx += 10) {
      if (random.chance(chance))
        drawn.push(
          filled(
            'light',
            box(wx, y, 4.4, 6.6),
            random.pick(['#ffd98a', '#ffc66b', '#fff0c2', '#bfe3ff']),
            random.range(0.5, 1),
          ),
        );
    }
  }
  return drawn;
}

/** Roof of a tower block. */
function roof(random: Random, x: number, top: number, width: number, tone: Hex): Drawn[] {
  const kind = random.int(0, 4);
  const middle = x + width / 2;
  if (kind === 0)
    return [
      filled(
        'land',
        polygon([
          [x, top + 1],
          [middle, top - width * 0.6],
          [x + width, top + 1],
        ]),
        tone,
      ),
    ];
  if (kind === 1)
    return [
      filled('land', box(middle - 1.5, top - 52, 3, 54), tone),
      filled('land', box(middle - 10, top - 16, 20, 18), tone),
    ];
  if (kind === 2)
    return [
      filled('land', box(x + width * 0.18, top - 18, width * 0.64, 20), tone),
      filled('land', box(x + width * 0.34, top - 32, width * 0.32, 16), tone),
    ];
  return kind === 3
    ? [
        filled(
          'land',
          `M${n(x)} ${n(top + 1)}Q${n(middle)} ${n(top - width * 0.7)} ${n(x + width)} ${n(top + 1)}Z`,
          tone,
        ),
      ]
    : [];
}

/** A skyline of towers in three ranks, with lit windows towards night. */
export function city(light: Light, random: Random, horizon: number): Drawn[] {
  return [0, 1, 2].flatMap((rank): Drawn[] => {
    const depth = 0.86 - rank * 0.27;
    const drawn: Drawn[] = [];
    for (let x = -30; x < 1020; ) {
      const width = random.range(38, 84) * (0.8 + rank * 0.15);
      const middle = 1 - Math.abs((x + width / 2 - 500) / 700) ** 1.5;
      const height = (rank === 0 ? 300 : rank === 1 ? 270 : 170) * middle * random.range(0.45, 1.15) + 50;
      const [top, bottom] = [horizon - height + rank * 20, horizon + 40];
      const tone = light.far(random.pick(['#5a6685', '#6d6480', '#4f6a80', '#77707f', '#84695f']), depth);
      drawn.push(
        filled(
          'land',
          box(x, top, width, bottom - top),
          across(x, x + width, mix(tone, light.glow, 0.16), darken(tone, 0.16)),
        ),
        ...roof(random, x, top, width, tone),
      );
      if (rank > 0) drawn.push(...windows(random, x, top, width, bottom, light));
      x += width + random.range(-4, 14);
    }
    return [...drawn, mistBand(light, horizon + 10, 0.4 - rank * 0.1 + light.air * 0.4)];
  });
}

/** Dunes with a sharp crest between their light and dark flank. */
export function dunes(light: Light, random: Random, horizon: number, colour: Hex, side: number): Drawn[] {
  return [0, 1, 2].flatMap((i): Drawn[] => {
    const depth = 0.8 - i * 0.22;
    const tone = light.far(colour, depth);
    const drawn: Drawn[] = [];
    for (let k = 0; k < 3; k++) {
      const x = random.range(-50, 1050);
      const [y, half, tall] = [horizon + 30 + i * 24, random.range(260, 430), random.range(60, 130) * (1 + i * 0.12)];
      const crest = x + side * half * 0.14;
      const whole = `M${n(x - half)} ${y}Q${n(x - half * 0.4)} ${n(y - tall * 0.35)} ${n(crest)} ${n(y - tall)}Q${n(x + half * 0.45)} ${n(y - tall * 0.3)} ${n(x + half)} ${y}Z`;
      const shade = `M${n(crest)} ${n(y - tall)}Q${n(crest - side * half * 0.05)} ${n(y - tall * 0.5)} ${n(crest + side * half * 0.1)} ${y}H${n(x - side * half)}Q${n(x - side * half * 0.42)} ${n(y - tall * 0.32)} ${n(crest)} ${n(y - tall)}Z`;
      drawn.push(
        filled('land', whole, downward(y - tall, y, lighten(mix(tone, light.glow, 0.3), 0.1), tone)),
        group([filled('shade', shade, mix(darken(tone, 0.3), light.sky[1], 0.25), 0.6)], { clip: whole }),
      );
    }
    const line = rolling(random.fork(`dune ${i}`), horizon + 24 + i * 24, 12, 240);
    drawn.push(
      filled(
        'land',
        belowLine(trace(line, 20), horizon + 120 + i * 30),
        downward(horizon, horizon + 140, mix(tone, light.glow, 0.2), tone),
      ),
    );
    return drawn;
  });
}

/** Far lights along a shore. */
export const shoreLights = (random: Random, y: number): Drawn[] =>
  Array.from({ length: 24 }, () => {
    const x = random.range(0, 1000);
    return filled('light', ellipse(x, y, 8), glow([x, y], 8, '#ffcf7d', 0.9));
  });
