import { across, type Drawn, downward, filled, glow, stroked } from '../canvas/drawing.ts';
import { box, curve, ellipse, n, polygon, smooth } from '../canvas/path.ts';
import { darken, lighten, mix } from '../colour.ts';
import { windowAt } from './buildings.ts';
import type { Motif } from './motif.ts';

export const boat: Motif = ({ colour, random }) => {
  const sail = random.pick(['#fbf4e4', '#f6ead2', '#fdf8ee']);
  return [
    stroked('M2 -14V-100', '#5b4030', 2.2),
    filled(
      'thing',
      'M6 -98C30 -72 38 -44 40 -20L6 -18C10 -44 10 -72 6 -98Z',
      across(0, 42, sail, mix(sail, '#c9b79a', 0.5)),
    ),
    filled(
      'thing',
      'M-1 -92C-16 -64 -26 -40 -34 -20L-1 -18Z',
      across(-36, 0, mix(sail, '#d9c6a6', 0.45), lighten(sail, 0.2)),
    ),
    filled('shade', 'M10 -74C22 -58 30 -44 34 -34L11 -34Z', colour, 0.35),
    filled('thing', polygon('2,-100 18,-95 2,-91'), colour),
    filled(
      'thing',
      'M-46 -16C-34 -13 30 -13 52 -20C46 -4 34 4 22 5H-26C-38 4 -44 -6 -46 -16Z',
      downward(-20, 5, lighten(colour, 0.14), colour, darken(colour, 0.3)),
    ),
    stroked('M-46 -15C-34 -12 30 -12 51 -19', '#fff3dc', 2),
  ];
};

export const ship: Motif = ({ colour, dark }) => {
  const sail = (x: number, y: number, w: number, h: number): Drawn =>
    filled(
      'thing',
      `M${x - w} ${y}Q${x} ${y + 4} ${x + w} ${y}Q${n(x + w * 1.35)} ${n(y + h * 0.6)} ${n(x + w * 1.02)} ${y + h}Q${x} ${n(y + h * 0.8)} ${n(x - w * 0.98)} ${y + h}Q${n(x - w * 0.62)} ${n(y + h * 0.5)} ${x - w} ${y}Z`,
      across(x - w, x + w * 1.3, '#d9cbb0', '#fcf5e3'),
    );
  const mast = (x: number, top: number) => stroked(`M${x} -16V${top}`, '#4a3426', 1.8);
  return [
    stroked('M44 -22L76 -42', '#4a3426', 1.8),
    mast(-30, -82),
    mast(2, -103),
    mast(31, -86),
    filled('thing', polygon('35,-72 72,-40 38,-30'), '#f3e8d0'),
    sail(-30, -78, 13, 20),
    sail(-30, -55, 16, 24),
    sail(2, -99, 12, 19),
    sail(2, -77, 16, 22),
    sail(2, -52, 20, 27),
    sail(31, -82, 11, 20),
    sail(31, -59, 14, 25),
    ...[
      [-30, -82],
      [2, -103],
      [31, -86],
    ].map(([x, y]) =>
      filled(
        'thing',
        polygon([
          [x ?? 0, y ?? 0],
          [(x ?? 0) + 12, (y ?? 0) - 3],
          [x ?? 0, (y ?? 0) - 7],
        ]),
        '#c8423c',
      ),
    ),
    filled(
      'thing',
      'M-56 -34L-40 -32L-38 -20C-10 -16 26 -16 58 -26C54 -8 44 4 34 5H-36C-48 2 -54 -14 -56 -34Z',
      downward(-34, 5, lighten(colour, 0.12), colour, darken(colour, 0.35)),
    ),
    stroked('M-55 -25C-30 -11 20 -8 56 -20', '#d9b25e', 1.6),
    ...[-38, -26, -14, -2, 10, 22, 34].flatMap((x) => windowAt(x, -10, 4.4, 4.4, dark)),
  ];
};

export const balloon: Motif = ({ colour, random, dark }) => {
  const second = random.pick(['#f6ead2', '#f2c35a', lighten(colour, 0.5), '#3f6f8f']);
  const gores: Drawn[] = [];
  const widths = [-1, -0.66, -0.28, 0.28, 0.66, 1];
  for (let i = 0; i < 5; i++) {
    const [a, b] = [(widths[i] ?? 0) * 37, (widths[i + 1] ?? 0) * 37];
    gores.push(
      filled(
        'shade',
        `M0 -100C${n(a * 1.35)} -100 ${n(a * 1.3)} -52 ${n(a * 0.24)} -27L${n(b * 0.24)} -27C${n(b * 1.3)} -52 ${n(b * 1.35)} -100 0 -100Z`,
        i % 2 ? second : colour,
      ),
    );
  }
  const hull = 'M0 -100C50 -100 48 -52 9 -27H-9C-48 -52 -50 -100 0 -100Z';
  return [
    ...(dark ? [filled('light', ellipse(0, -50, 70), glow([0, -50], 70, '#ffb45e', 0.5))] : []),
    filled('thing', hull, colour),
    ...gores,
    filled('shade', hull, {
      kind: 'radial',
      centre: [-14, -76],
      radius: 62,
      stops: [
        { at: 0, colour: '#fff8e6', opacity: 0.42 },
        { at: 0.45, colour: '#fff8e6', opacity: 0 },
        { at: 1, colour: '#20183a', opacity: 0.5 },
      ],
    }),
    ...[-7, -2.4, 2.4, 7].map((x) => stroked(`M${x} -27L${n(x * 0.72)} -12`, '#4a3628', 0.7)),
    ...(dark ? [filled('light', ellipse(0, -23, 5), glow([0, -23], 5, '#fff0b0', 1))] : []),
    filled('thing', box(-6.4, -12, 12.8, 11.5, 2.4), across(-6, 7, '#a87443', '#6f4829')),
    filled('thing', box(-7, -13, 14, 3, 1.4), '#7d5433'),
  ];
};

export const rocket: Motif = ({ colour, random }) => {
  const trim = random.pick(['#e0503f', '#3f7fd0', '#f0a532']);
  const hull = smooth('-15,-18 -19,-44 -14,-78 0,-102 14,-78 19,-44 15,-18 0,-15');
  return [
    filled('light', ellipse(0, 4, 60), glow([0, 4], 60, '#ff9d4a', 0.7)),
    filled(
      'light',
      smooth('-11,-14 -14,8 -5,26 0,46 5,26 14,8 11,-14'),
      downward(-14, 44, '#fff3b8', '#ffb347', '#f0582f'),
    ),
    filled('light', smooth('-5,-14 -6,6 0,22 6,6 5,-14'), '#fffbe6'),
    filled('thing', 'M-16 -42C-34 -32 -36 -12 -34 0C-28 -10 -22 -14 -13 -17Z', lighten(trim, 0.05)),
    filled('thing', 'M16 -42C34 -32 36 -12 34 0C28 -10 22 -14 13 -17Z', darken(trim, 0.25)),
    filled('thing', hull, across(-19, 19, lighten(colour, 0.3), darken(colour, 0.3))),
    filled('shade', smooth('-11,-84 0,-103 11,-84 0,-81'), across(-12, 12, lighten(trim, 0.1), darken(trim, 0.25))),
    filled('thing', ellipse(0, -60, 9.4), '#9aa4b0'),
    filled('shade', ellipse(0, -60, 6.8), '#2b4b7a'),
    filled('light', ellipse(-2.4, -62.4, 2.2), '#d8ecff', 0.9),
    filled('thing', polygon('-2.4,-40 2.4,-40 3,-6 -3,-6'), darken(trim, 0.1)),
    stroked(curve('-18,-36 0,-33 18,-36'), trim, 2.4),
  ];
};

export const ufo: Motif = ({ colour, dark }) => [
  filled('light', polygon('-22,-40 22,-40 66,60 -66,60'), {
    kind: 'linear',
    from: [0, -40],
    to: [0, 60],
    stops: [
      { at: 0, colour: '#c8ffe0', opacity: dark ? 0.6 : 0.4 },
      { at: 1, colour: '#c8ffe0', opacity: 0 },
    ],
  }),
  filled('thing', 'M-26 -58C-26 -92 26 -92 26 -58Z', across(-26, 26, '#d6f3f2', '#5f98a8')),
  filled('light', ellipse(-9, -74, 4.5, 6), '#ffffff', 0.5),
  filled('thing', ellipse(0, -50, 62, 15), downward(-65, -35, lighten(colour, 0.35), colour, darken(colour, 0.4))),
  filled('shade', ellipse(0, -55, 34, 6), lighten(colour, 0.4), 0.7),
  ...[-46, -24, 0, 24, 46].flatMap((x) => [
    filled('light', ellipse(x, -46, 10), glow([x, -46], 10, '#ffe27a', 0.8)),
    filled('light', ellipse(x, -46, 3.2), '#fff3b5'),
  ]),
];
