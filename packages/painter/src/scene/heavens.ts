import { type Drawn, filled, glow, group, type Point, stroked } from '../canvas/drawing.ts';
import { ellipse, n, polygon } from '../canvas/path.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Subject } from '../scene-description.ts';
import { COLOURS } from '../vocabulary/colours.ts';
import type { Light } from './light.ts';
import { waver } from './skyline.ts';

/** Curtains of northern light. */
export function aurora(random: Random, horizon: number): Drawn {
  const curtains: Drawn[] = [];
  const hues: readonly (readonly [Hex, Hex])[] = [
    ['#43f2a6', '#2bb6c9'],
    ['#5df0b8', '#8a6af0'],
    ['#9df58a', '#2fd0b5'],
  ];
  hues.forEach(([low, high], nth) => {
    const sway = waver(random, 3);
    const base = horizon * (0.42 + nth * 0.13);
    for (let x = -40; x < 1040; x += 9) {
      const y = base + sway(x / 260) * 110;
      const tall = 150 + 110 * (1 + sway(x / 60 + 9)) + random.range(0, 40);
      curtains.push(
        filled('light', `M${x} ${n(y - tall)}h11v${n(tall + 14)}h-11Z`, {
          kind: 'linear',
          from: [0, y - tall],
          to: [0, y + 14],
          stops: [
            { at: 0, colour: high, opacity: 0 },
            { at: 0.55, colour: high, opacity: 0.22 },
            { at: 0.9, colour: low, opacity: 0.5 * (0.6 + 0.4 * sway(x / 40)) },
            { at: 1, colour: low, opacity: 0 },
          ],
        }),
      );
    }
  });
  return group(curtains, { blur: 7 });
}

export function rainbow(random: Random, horizon: number): Drawn {
  const [x, y] = [random.range(350, 650), horizon + 60];
  const bands: readonly Hex[] = ['#e8574f', '#f2913d', '#f7d65a', '#6fbf6b', '#4a90d9', '#7a5fc0'];
  const arcs = bands.map((colour, nth) => {
    const r = 430 - nth * 13;
    return stroked(`M${x - r} ${y}A${r} ${r} 0 0 1 ${x + r} ${y}`, colour, 14, 0.42);
  });
  return group(arcs, { blur: 3 });
}

export function comet(random: Random): Drawn[] {
  const [x, y] = [random.range(180, 820), random.range(70, 300)];
  const angle = random.range(-0.75, -0.35) + (random.chance(0.5) ? 0 : Math.PI * -0.5);
  const length = random.range(150, 300);
  const tail: Point = [x + Math.cos(angle) * length, y + Math.sin(angle) * length];
  const [nx, ny] = [-Math.sin(angle) * 4, Math.cos(angle) * 4];
  return [
    filled('light', polygon([[x + nx, y + ny], tail, [x - nx, y - ny]]), {
      kind: 'linear',
      from: [x, y],
      to: tail,
      stops: [
        { at: 0, colour: '#ffffff', opacity: 0.95 },
        { at: 1, colour: '#cfe2ff', opacity: 0 },
      ],
    }),
    filled('light', ellipse(x, y, 26), glow([x, y], 26, '#eaf2ff', 0.9)),
    filled('light', ellipse(x, y, 4), '#ffffff'),
  ];
}

const WORLDS: readonly [Hex, ...Hex[]] = ['#d99a6a', '#8fa9d6', '#c97b84', '#7fb8a8', '#d9b86a', '#9a83c9'];

function world([x, y]: Point, r: number, colour: Hex, light: Light, random: Random, ringed: boolean): Drawn {
  const bands: Drawn[] = [];
  for (let i = 0; i < 9; i++) {
    const by = y - r + (2 * r * i) / 9;
    const tone = random.chance(0.5)
      ? lighten(colour, random.range(0.05, 0.3))
      : darken(colour, random.range(0.05, 0.25));
    bands.push(
      filled(
        'shade',
        `M${x - r} ${n(by)}q${n(r)} ${n(r * 0.14)} ${n(2 * r)} 0v${n(r * random.range(0.08, 0.24))}q${n(-r)} ${n(r * 0.14)} ${n(-2 * r)} 0Z`,
        tone,
        0.6,
      ),
    );
  }
  bands.push(
    filled('shade', ellipse(x, y, r * 1.02), {
      kind: 'radial',
      centre: [x - r * 0.45, y - r * 0.45],
      radius: r * 1.75,
      stops: [
        { at: 0, colour: '#ffffff', opacity: 0.28 },
        { at: 0.4, colour: light.sky[0], opacity: 0 },
        { at: 1, colour: darken(light.sky[0], 0.5), opacity: 0.92 },
      ],
    }),
  );
  const half = (up: boolean) => `M${n(-r * 2)} 0A${n(r * 2)} ${n(r * 0.5)} 0 0 ${up ? 1 : 0} ${n(r * 2)} 0`;
  const ring = (up: boolean): Drawn =>
    group(
      [stroked(half(up), lighten(colour, 0.45), r * 0.2, 0.7), stroked(half(up), darken(colour, 0.2), r * 0.05, 0.6)],
      { transform: `translate(${n(x)} ${n(y)}) rotate(-18)` },
    );
  return group([
    filled('light', ellipse(x, y, r * 1.6), glow([x, y], r * 1.6, mix(colour, '#ffffff', 0.3), 0.35)),
    ...(ringed ? [ring(true)] : []),
    filled('thing', ellipse(x, y, r), colour),
    group(bands, { clip: ellipse(x, y, r) }),
    ...(ringed ? [ring(false)] : []),
  ]);
}

const SCALE = { small: 0.6, normal: 1, large: 1.5 } as const;

/** Planets in the sky, the first the largest and ringed by chance. */
export function planet(random: Random, light: Light, subject: Subject | undefined): Drawn[] {
  const { count, colours, size, place } = subject ?? { count: 1, colours: [], size: 'normal', place: {} };
  const drawn: Drawn[] = [];
  for (let i = 0; i < count; i++) {
    const r = (i === 0 ? random.range(85, 135) : random.range(18, 48)) * SCALE[size];
    const colour = COLOURS[colours[i % Math.max(1, colours.length)] ?? ''] ?? random.pick(WORLDS);
    const left = place.side === 'left' || (place.side !== 'right' && i % 2 === 1);
    const x = place.side === 'centre' ? 500 : left ? random.range(140, 340) : random.range(640, 860);
    drawn.push(world([x, random.range(120, 330)], r, colour, light, random, i === 0 && random.chance(0.6)));
  }
  return drawn.reverse();
}
