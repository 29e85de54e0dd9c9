import { type Drawn, downward, filled, group, type Point } from '../canvas/drawing.ts';
import { belowLine, polygon } from '../canvas/path.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Light } from './light.ts';
import { heightAt, ridge } from './skyline.ts';

interface Range {
  readonly y: number;
  readonly height: number;
  readonly summits: number;
  readonly depth: number;
  readonly rock: Hex;
  /** Share of the height that carries snow. */
  readonly snow: number;
  /** Where the light comes from: -1 left, 1 right. */
  readonly side: number;
}

/** Summits of a ridge: points higher than all within `reach`. */
function summitsOf(points: readonly Point[], reach: number): Point[] {
  return points.filter((point) =>
    points.every((other) => Math.abs(other[0] - point[0]) > reach || other[1] >= point[1]),
  );
}

/** The side of a summit away from the light: a ragged spine down to the foot. */
function shadowSide(points: readonly Point[], [x, y]: Point, range: Range, random: Random): string {
  const away = -range.side;
  const drop = range.y + 60 - y;
  const spine: Point[] = [];
  for (let i = 0; i <= 7; i++) {
    const t = i / 7;
    spine.push([x + away * -random.range(-0.02, 0.16) * drop * t + (i % 2 ? 1 : -1) * drop * 0.035 * t, y + drop * t]);
  }
  const edge: Point[] = [];
  const reach = drop * 1.25;
  for (let i = 8; i >= 0; i--) {
    const ex = x + away * reach * (i / 8);
    edge.push([ex, Math.max(heightAt(points, ex), y)]);
  }
  return polygon([...spine, [x + away * reach, range.y + 60], ...edge]);
}

function snowCap(points: readonly Point[], [x, y]: Point, range: Range, random: Random): string {
  const drop = range.height * range.snow * random.range(0.75, 1.15);
  const width = drop * 1.7;
  const inside: Point[] = [];
  const count = 9;
  for (let i = 0; i <= count; i++) {
    const t = i / count;
    const arch = Math.sin(t * Math.PI) ** 0.6;
    const tooth = i % 2 ? 0.45 : 1;
    inside.push([x + width * (0.5 - t), y + drop * (0.35 + 0.65 * arch) * tooth + drop * 0.12 * random.next()]);
  }
  const over: Point[] = [];
  for (let i = 0; i <= 14; i++) {
    const px = x - width / 2 + (width * i) / 14;
    over.push([px, heightAt(points, px) - 3]);
  }
  return polygon([...over, ...inside]);
}

function paintRange(range: Range, light: Light, random: Random): Drawn[] {
  const points = ridge(random, range.y, range.height, range.summits);
  const body = light.far(range.rock, range.depth);
  const foot = mix(body, light.haze, 0.35 + light.air * 0.4);
  const outline = belowLine(points, 1010);
  const top = range.y - range.height;
  const shade = mix(body, light.far(darken(range.rock, 0.5), range.depth), 0.75);
  const summits = summitsOf(points, 55);
  const snowColour = light.far(mix('#ffffff', light.glow, 0.18), range.depth * 0.55);
  const details: Drawn[] = summits.map((summit) =>
    filled(
      'shade',
      shadowSide(points, summit, range, random),
      downward(top, range.y + 40, shade, mix(shade, foot, 0.9)),
      0.62,
    ),
  );
  if (range.snow > 0) {
    const caps = summits.filter(([, y]) => y < range.y - range.height * 0.5);
    for (const summit of caps) {
      const cap = snowCap(points, summit, range, random);
      const dark = shadowSide(points, summit, range, random);
      details.push(filled('shade', cap, snowColour, 0.94));
      details.push(group([filled('shade', dark, mix(snowColour, shade, 0.55), 0.7)], { clip: cap }));
    }
  }
  return [
    filled('land', outline, downward(top, range.y + 30, lighten(body, 0.04), body, foot)),
    group(details, { clip: outline }),
  ];
}

/** Mountain ranges before one another, the nearest last. */
export function mountains(
  light: Light,
  random: Random,
  horizon: number,
  options: { snowy: boolean; rock: Hex; side: number; tall: number },
): Drawn[] {
  const drawn: Drawn[] = [];
  const count = 3;
  for (let i = 0; i < count; i++) {
    const t = i / (count - 1);
    const height = options.tall * (i === 1 ? 1 : 0.62 + 0.2 * random.next()) * (1 - 0.25 * t);
    const range: Range = {
      y: horizon + 4 + t * 8,
      height,
      summits: random.int(2, 3) + (i === 1 ? 0 : 2),
      depth: 0.9 - t * 0.45,
      rock: options.rock,
      snow: options.snowy ? 0.42 : i === 1 ? 0.3 : 0.2,
      side: options.side,
    };
    drawn.push(...paintRange(range, light, random));
    drawn.push(mistBand(light, horizon - 20 + t * 20, 0.3 + light.air * 0.5));
  }
  return drawn;
}

/** A veil of mist lying at a height. */
export function mistBand(light: Light, y: number, strength: number): Drawn {
  return filled('mist', `M-20 ${y - 110}H1020V${y + 30}H-20Z`, {
    kind: 'linear',
    from: [0, y - 110],
    to: [0, y + 30],
    stops: [
      { at: 0, colour: light.haze, opacity: 0 },
      { at: 0.75, colour: light.haze, opacity: Math.min(0.9, strength) },
      { at: 1, colour: light.haze, opacity: 0 },
    ],
  });
}
