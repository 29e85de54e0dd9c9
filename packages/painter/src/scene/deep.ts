import { type Drawn, downward, filled, glow, group } from '../canvas/drawing.ts';
import { belowCurve, blob, ellipse, n, polygon } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import { rolling, trace } from './skyline.ts';

/** Colours of the deep, from the surface down. */
export interface Deep {
  readonly top: Hex;
  readonly middle: Hex;
  readonly low: Hex;
}

export function deepWater(random: Random, tint: Hex | undefined, dark: boolean): Deep {
  const seas: readonly [Deep, ...Deep[]] = [
    { top: '#8fe3e0', middle: '#2a93b5', low: '#0c3a66' },
    { top: '#a5ecd2', middle: '#22908f', low: '#0b3b52' },
    { top: '#8fc9f2', middle: '#3468b8', low: '#141f5a' },
  ];
  const sea = random.pick(seas);
  const tinted = tint ? { top: lighten(tint, 0.5), middle: tint, low: darken(tint, 0.6) } : sea;
  return dark
    ? { top: darken(tinted.top, 0.45), middle: darken(tinted.middle, 0.5), low: darken(tinted.low, 0.45) }
    : tinted;
}

function shafts(random: Random, deep: Deep): Drawn {
  const beams = Array.from({ length: 9 }, () => {
    const x = random.range(50, 950);
    const [lean, width] = [random.range(-160, 160), random.range(30, 90)];
    return filled(
      'light',
      polygon([
        [x - width * 0.4, -20],
        [x + width * 0.4, -20],
        [x + lean + width, 820],
        [x + lean - width, 820],
      ]),
      {
        kind: 'linear',
        from: [0, 0],
        to: [0, 820],
        stops: [
          { at: 0, colour: lighten(deep.top, 0.5), opacity: 0.34 },
          { at: 1, colour: deep.top, opacity: 0 },
        ],
      },
    );
  });
  return group(beams, { blur: 9 });
}

const CORALS: readonly [Hex, ...Hex[]] = ['#f0708a', '#f2a14b', '#b872d9', '#f6d06a', '#e85f5f', '#4fc2b0'];

function coral(random: Random, x: number, y: number, tall: number, colour: Hex): Drawn {
  const kind = random.int(0, 2);
  if (kind === 0) {
    const arms = Array.from({ length: 7 }, (_, i) => {
      const lean = (i - 3) * 0.24 + random.bell() * 0.1;
      const reach = tall * random.range(0.6, 1);
      return filled(
        'thing',
        tube([
          [x, y, tall * 0.07],
          [x + lean * reach * 0.5, y - reach * 0.5, tall * 0.06],
          [x + lean * reach, y - reach, tall * 0.045],
        ]),
        i % 2 ? colour : lighten(colour, 0.14),
      );
    });
    return group(arms, { fused: true });
  }
  if (kind === 1) {
    const fan = blob(random, x, y - tall * 0.45, tall * 0.45, tall * 0.5, 0.12, 12);
    const veins = Array.from({ length: 7 }, (_, i) =>
      filled(
        'shade',
        tube([
          [x, y, 2],
          [x + (i - 3) * tall * 0.1, y - tall * 0.5, 1.6],
          [x + (i - 3) * tall * 0.16, y - tall * 0.85, 0.8],
        ]),
        lighten(colour, 0.3),
        0.7,
      ),
    );
    return group([
      filled('thing', fan, downward(y - tall, y, lighten(colour, 0.2), darken(colour, 0.2))),
      group(veins, { clip: fan }),
    ]);
  }
  return group(
    Array.from({ length: 5 }, (_, i) =>
      filled(
        'thing',
        ellipse(x + (i - 2) * tall * 0.22, y - tall * 0.12, tall * 0.2, tall * random.range(0.16, 0.34)),
        i % 2 ? colour : darken(colour, 0.14),
      ),
    ),
  );
}

function weed(random: Random, x: number, y: number, tall: number, colour: Hex): Drawn {
  const sway = random.range(-30, 30);
  return filled(
    'thing',
    tube([
      [x, y, 7],
      [x + sway, y - tall * 0.35, 8],
      [x - sway * 0.6, y - tall * 0.7, 6],
      [x + sway * 0.7, y - tall, 1],
    ]),
    colour,
  );
}

/** The sea from inside: light from above, a reef below. `before` is what lies in front of swimmers. */
export function underwater(random: Random, deep: Deep): { behind: Drawn[]; before: Drawn[] } {
  const { top, middle, low } = deep;
  const behind: Drawn[] = [
    filled('sky', 'M-20 -20H1020V1020H-20Z', downward(0, 1000, top, middle, low)),
    filled('light', ellipse(500, -60, 620), glow([500, -60], 620, lighten(top, 0.6), 0.75)),
    shafts(random.fork('shafts'), deep),
  ];
  for (let i = 0; i < 3; i++) {
    const y = 720 + i * 70;
    const line = rolling(random.fork(`reef ${i}`), y, 60, 170);
    const tone = mix(mix('#c9b48a', middle, 0.35), i === 0 ? middle : low, 0.75 - i * 0.24);
    behind.push(
      filled(
        'land',
        belowCurve(trace(line, 18), 1020),
        downward(y - 60, 1000, lighten(tone, 0.08), darken(tone, 0.35)),
      ),
    );
    for (let k = 0; k < 9; k++) {
      const x = random.range(-20, 1020);
      const colour = mix(random.pick(CORALS), i === 0 ? middle : low, 0.66 - i * 0.26);
      behind.push(
        random.chance(0.6)
          ? coral(random, x, line(x) + 8, 60 + i * 34, colour)
          : weed(random, x, line(x) + 8, 110 + i * 50, mix('#3f9f6a', low, 0.6 - i * 0.2)),
      );
    }
  }
  const bubbles = Array.from({ length: 40 }, () => {
    const [x, y, r] = [random.range(0, 1000), random.range(0, 950), 1.5 + random.next() ** 3 * 11];
    return group([
      filled('light', ellipse(x, y, r), lighten(top, 0.6), 0.22),
      filled('light', ellipse(x - r * 0.3, y - r * 0.35, r * 0.28), '#ffffff', 0.75),
    ]);
  });
  const front = Array.from({ length: 9 }, (_, i) =>
    weed(
      random,
      i < 5 ? random.range(-20, 190) : random.range(810, 1020),
      1015,
      random.range(150, 330),
      darken(low, 0.25),
    ),
  );
  return { behind, before: [...bubbles, group(front, { blur: Number(n(1.5)) })] };
}
