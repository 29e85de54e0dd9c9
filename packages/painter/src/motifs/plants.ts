import { across, type Drawn, downward, filled } from '../canvas/drawing.ts';
import { blade, blob, ellipse, lens, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import { body, type Motif } from './motif.ts';

const AUTUMN: readonly [Hex, ...Hex[]] = ['#d9822b', '#c9562c', '#e0a83a', '#b8402f'];

/** A crown of leaves: heaps of light over heaps of shade. */
function crown(random: Random, colour: Hex, tones: readonly Hex[]): Drawn[] {
  const heaps: [number, number, number][] = [
    [0, -66, 25],
    [-21, -55, 18],
    [21, -56, 18],
    [-11, -80, 17],
    [13, -79, 16],
    [0, -50, 20],
  ];
  const under = body(
    ...heaps.map(([x, y, r]) =>
      filled('thing', blob(random, x, y + 3, r * 1.05, r * 0.92, 0.09, 11), darken(colour, 0.28)),
    ),
  );
  const lit: Drawn[] = [];
  for (const [x, y, r] of heaps) {
    lit.push(
      filled(
        'shade',
        blob(random, x - 3, y - 2, r * 0.86, r * 0.74, 0.12, 11),
        random.chance(0.5) ? colour : mix(colour, tones[0] ?? colour, 0.5),
        0.9,
      ),
    );
  }
  for (let i = 0; i < 26; i++) {
    const [x, y, r] = heaps[i % heaps.length] ?? [0, -66, 20];
    const [a, far] = [random.range(0, 6.28), r * Math.sqrt(random.next()) * 0.95];
    const high = Math.sin(a) < 0.2;
    lit.push(
      filled(
        'shade',
        blob(
          random,
          x + Math.cos(a) * far,
          y + Math.sin(a) * far,
          random.range(2, 4.6),
          random.range(1.6, 3.2),
          0.3,
          6,
        ),
        high ? lighten(tones[i % tones.length] ?? colour, 0.2) : darken(colour, 0.12),
        0.75,
      ),
    );
  }
  return [under, ...lit];
}

export const tree: Motif = ({ colour, random, season }) => {
  const trunk = '#6b4a35';
  const bare = season === 'winter';
  const leaves = season === 'autumn' ? random.pick(AUTUMN) : colour;
  const wood = across(-6, 8, lighten(trunk, 0.1), darken(trunk, 0.3));
  const limbs: Drawn[] = [
    filled('thing', tube('-1,1,6.5 0,-16,3.8 1,-36,3.2 0,-58,2'), wood),
    filled('thing', tube('0,-30,2.2 -10,-44,1.6 -18,-54,0.9'), wood),
    filled('thing', tube('1,-36,2.2 11,-48,1.6 19,-58,0.9'), wood),
  ];
  if (!bare)
    return [
      body(...limbs),
      ...crown(
        random,
        leaves,
        season === 'spring' ? ['#f6c4d0', lighten(leaves, 0.2)] : [leaves, lighten(leaves, 0.15)],
      ),
    ];
  const twigs: Drawn[] = [];
  for (let i = 0; i < 22; i++) {
    const angle = -Math.PI / 2 + random.range(-1.25, 1.25);
    const from = random.range(34, 62);
    const [x, y] = [random.range(-9, 9) * (from / 60), -from];
    const reach = random.range(18, 36);
    twigs.push(
      filled(
        'thing',
        tube([
          [x, y, 1.3],
          [x + Math.cos(angle) * reach * 0.5, y + Math.sin(angle) * reach * 0.5, 0.8],
          [x + Math.cos(angle + 0.2) * reach, y + Math.sin(angle + 0.2) * reach, 0.3],
        ]),
        trunk,
      ),
    );
  }
  return [
    body(...limbs, ...twigs),
    ...[-18, 0, 17].map((x) => filled('shade', lens(x - 7, -52, x + 7, -57, 1.4), '#f4f7fb', 0.9)),
  ];
};

export const pine: Motif = ({ colour, random, season }) => {
  const tiers: Drawn[] = [];
  const count = 6;
  for (let i = 0; i < count; i++) {
    const t = i / (count - 1);
    const y = -14 - t * 66;
    const half = 29 * (1 - t * 0.8);
    const top = y - 27 + t * 4;
    const teeth: [number, number][] = [[0, top]];
    for (let k = 0; k <= 6; k++)
      teeth.push([
        half - (2 * half * k) / 6 + random.bell() * 1.2,
        y + (k % 2 ? -3.4 : 2.2) + (k === 0 || k === 6 ? 2.6 : 0),
      ]);
    const tone = mix(darken(colour, 0.18), lighten(colour, 0.1), t);
    tiers.push(filled('thing', polygon(teeth), across(-half, half, lighten(tone, 0.1), darken(tone, 0.26))));
    if (season === 'winter')
      tiers.push(
        filled(
          'shade',
          polygon([
            [0, top - 0.5],
            [half * 0.55, y - 7],
            [half * 0.2, y - 10],
            [-half * 0.16, y - 6.5],
            [-half * 0.62, y - 5],
          ]),
          '#f6f9fd',
          0.92,
        ),
      );
  }
  return [filled('thing', polygon('-3.2,1 3.2,1 2.4,-18 -2.4,-18'), '#5a4032'), ...tiers];
};

export const palm: Motif = ({ colour, random }) => {
  const fronds: Drawn[] = [];
  for (let i = 0; i < 11; i++) {
    const angle = -Math.PI * (0.02 + (i / 10) * 0.96);
    const reach = random.range(30, 40);
    const [dx, dy] = [Math.cos(angle) * reach, Math.sin(angle) * reach * 0.55];
    const tip: [number, number] = [12 + dx * 1.1, -88 + dy * 0.35 + 17 + random.range(-3, 5)];
    const tone = i % 2 ? colour : darken(colour, 0.24);
    fronds.push(
      filled(
        'thing',
        smooth([
          [12, -89],
          [12 + dx * 0.5, -92 + dy * 0.9],
          [12 + dx * 0.95, -88 + dy * 0.75],
          tip,
          [12 + dx * 0.78, -84 + dy * 0.7],
          [12 + dx * 0.42, -86 + dy * 0.65],
        ]),
        tone,
      ),
    );
  }
  const rings = Array.from({ length: 9 }, (_, i) =>
    filled('shade', lens(-4.6 + i * 1.3, -6 - i * 9, 5 + i * 1.3, -7 - i * 9, 0.9), '#4d3524', 0.5),
  );
  return [
    filled('thing', tube('-1,1,5 1,-28,3.4 6,-60,2.8 12,-89,2.4'), across(-6, 12, '#a67c54', '#6d4c33')),
    ...rings,
    ...fronds,
    ...[
      [9, -84],
      [15, -83],
      [12, -81],
    ].map(([x, y]) => filled('thing', ellipse(x ?? 0, y ?? 0, 3.2), '#6b4a30')),
  ];
};

export const flower: Motif = ({ colour, random }) => {
  const lean = random.range(-8, 8);
  const [x, y] = [lean, -78];
  const petals: Drawn[] = [];
  const count = random.pick([6, 8, 10]);
  const turn = random.range(0, 1);
  for (let ring = 0; ring < 2; ring++) {
    for (let i = 0; i < count; i++) {
      const a = turn + ring * (Math.PI / count) + (i / count) * Math.PI * 2;
      const reach = 22 - ring * 6;
      const [dx, dy] = [Math.cos(a), Math.sin(a) * 0.9];
      const [nx, ny] = [-dy * 6.4, dx * 6.4];
      petals.push(
        filled(
          'thing',
          smooth([
            [x, y],
            [x + dx * reach * 0.6 + nx, y + dy * reach * 0.6 + ny],
            [x + dx * reach, y + dy * reach],
            [x + dx * reach * 0.6 - nx, y + dy * reach * 0.6 - ny],
          ]),
          ring ? lighten(colour, 0.22) : darken(colour, 0.06 + 0.1 * random.next()),
        ),
      );
    }
  }
  const leaf = '#4d8a4a';
  return [
    filled(
      'thing',
      tube([
        [0, 1, 1.8],
        [lean * 0.2, -30, 1.6],
        [lean * 0.7, -60, 1.4],
        [x, y, 1.3],
      ]),
      leaf,
    ),
    filled('thing', blade(0, -8, -20, -36, 9), lighten(leaf, 0.1)),
    filled('thing', blade(0, -14, 18, -44, 8), darken(leaf, 0.12)),
    ...petals,
    filled('thing', ellipse(x, y, 6.4), '#f2c14a'),
    filled('shade', ellipse(x + 1, y + 1.4, 3.8), '#c98a2c', 0.7),
  ];
};

export const mushroom: Motif = ({ colour }) => [
  filled('thing', smooth('-11,-56 -9,-30 -15,-6 0,2 15,-6 9,-30 11,-56'), across(-14, 14, '#fbf3e2', '#cdb99a')),
  filled('shade', smooth('-36,-52 0,-42 36,-52 14,-46 0,-44 -14,-46'), '#d9c4a3'),
  body(
    filled(
      'thing',
      smooth('-46,-50 -40,-74 -18,-94 0,-98 18,-94 40,-74 46,-50 22,-47 0,-45 -22,-47'),
      downward(-98, -44, lighten(colour, 0.2), colour, darken(colour, 0.25)),
    ),
  ),
  ...[
    [-22, -72, 6],
    [2, -84, 7],
    [24, -68, 6],
    [-4, -62, 4.6],
    [-34, -56, 4],
    [36, -54, 3],
    [12, -56, 3.4],
  ].map(([x, y, r]) => filled('shade', ellipse(x ?? 0, y ?? 0, r ?? 3, (r ?? 3) * 0.8), '#fff8ea', 0.95)),
];

export const cactus: Motif = ({ colour }) => {
  const skin = across(-12, 12, lighten(colour, 0.15), darken(colour, 0.28));
  const arm = (side: number, y: number, tall: number) =>
    filled(
      'thing',
      tube([
        [side * 4, y, 5.4],
        [side * 20, y - 1, 6],
        [side * 27, y - 12, 6.4],
        [side * 27, y - tall, 6.2],
        [side * 27, y - tall - 5, 3],
      ]),
      side > 0 ? darken(colour, 0.14) : colour,
    );
  return [
    body(arm(-1, -38, 30), arm(1, -50, 24), filled('thing', tube('0,1,9 0,-30,10.5 0,-70,10 0,-95,8 0,-99,4'), skin)),
    ...[-5, 0, 5].map((x) => filled('shade', lens(x, -6, x, -92, 1), darken(colour, 0.32), 0.6)),
    ...[
      [0, -100],
      [-27, -75],
      [27, -80],
    ].map(([x, y]) => filled('thing', ellipse(x ?? 0, y ?? 0, 4, 3.2), '#e8618c')),
  ];
};
