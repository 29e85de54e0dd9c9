import { type Drawn, downward, filled, glow, stroked } from '../canvas/drawing.ts';
import { box, curve, ellipse, n, polygon, smooth } from '../canvas/path.ts';
import { darken, lighten } from '../colour.ts';
import { windowAt } from './buildings.ts';
import type { Motif } from './motif.ts';

const wheel = (x: number, r: number): Drawn[] => [
  filled('thing', ellipse(x, -r, r), '#24242b'),
  filled('shade', ellipse(x, -r, r * 0.55), '#c9ccd2'),
  filled('shade', ellipse(x, -r, r * 0.2), '#5a5d66'),
];

export const car: Motif = ({ colour, dark }) => [
  ...(dark
    ? [
        filled('light', polygon('88,-38 260,-62 260,4'), {
          kind: 'linear',
          from: [88, 0],
          to: [260, 0],
          stops: [
            { at: 0, colour: '#ffeab0', opacity: 0.6 },
            { at: 1, colour: '#ffeab0', opacity: 0 },
          ],
        }),
      ]
    : []),
  filled(
    'thing',
    smooth('-60,-50 -46,-78 -24,-90 20,-90 42,-76 58,-50'),
    downward(-90, -50, lighten(colour, 0.25), colour),
  ),
  filled(
    'thing',
    smooth('-92,-18 -90,-42 -74,-54 0,-57 66,-54 88,-44 92,-18 60,-12 -60,-12'),
    downward(-57, -12, lighten(colour, 0.16), colour, darken(colour, 0.3)),
  ),
  filled('shade', 'M-49 -55C-44 -74 -34 -82 -22 -83L-6 -83V-55Z', dark ? '#ffdf9a' : '#a9c6d6'),
  filled('shade', 'M0 -83H18C30 -82 40 -72 48 -55H0Z', dark ? '#ffdf9a' : '#8fb2c6'),
  filled('light', ellipse(86, -38, 4.6, 6), '#fff1c0'),
  filled('shade', ellipse(-89, -38, 3.4, 6), '#c22f2f'),
  stroked(curve('-88,-30 0,-32 88,-30'), darken(colour, 0.35), 1.2, 0.6),
  ...wheel(-50, 19),
  ...wheel(52, 19),
];

export const train: Motif = ({ colour, dark }) => {
  const coach = (x: number): Drawn[] => [
    filled('thing', box(x, -72, 116, 60, 5), downward(-72, -12, lighten(colour, 0.12), darken(colour, 0.2))),
    filled('thing', box(x - 3, -78, 122, 8, 4), '#4a4d57'),
    filled('shade', box(x, -34, 116, 4), '#f0d9a0'),
    ...[8, 34, 60, 86].flatMap((dx) => windowAt(x + dx, -62, 20, 20, dark, 3)),
    ...[20, 40, 78, 98].flatMap((dx) => wheel(x + dx, 9)),
  ];
  const steam: Drawn[] = [0, 1, 2, 3, 4].map((i) =>
    filled('mist', ellipse(70 - i * 26, -112 - i * 13, 13 + i * 6, 10 + i * 5), '#f6f3ef', 0.6 - i * 0.09),
  );
  return [
    ...coach(-266),
    ...coach(-142),
    ...steam,
    filled('thing', box(-22, -76, 40, 62, 3), darken(colour, 0.1)),
    filled('thing', box(-27, -82, 50, 8, 3), '#3a3d47'),
    ...windowAt(-14, -68, 22, 20, dark, 3),
    filled('thing', box(16, -60, 76, 40, 14), downward(-60, -20, '#6d7480', '#3c424d', '#262a33')),
    filled('thing', polygon('62,-58 66,-92 60,-96 82,-96 76,-92 80,-58'), '#2d3039'),
    filled('thing', ellipse(42, -61, 8, 7), '#c9973f'),
    filled('light', ellipse(93, -44, 5), '#ffefb0'),
    ...(dark ? [filled('light', ellipse(93, -44, 34), glow([93, -44], 34, '#ffe39a', 0.9))] : []),
    filled('thing', polygon('92,-20 110,-1 84,-1'), darken(colour, 0.25)),
    ...wheel(-4, 14),
    ...wheel(34, 14),
    ...wheel(68, 14),
    stroked('M-8 -14H72', '#b8bcc6', 3),
  ];
};

export const plane: Motif = ({ colour, random }) => {
  const trim = random.pick(['#d8483f', '#3a76c4', '#e89a35']);
  return [
    filled('thing', polygon('-8,-56 -30,-86 -16,-86 20,-56'), darken(colour, 0.22)),
    filled(
      'thing',
      smooth('-74,-56 -40,-64 30,-66 66,-60 80,-52 64,-45 10,-41 -46,-47'),
      downward(-66, -42, lighten(colour, 0.3), colour, darken(colour, 0.25)),
    ),
    filled('thing', polygon('-76,-56 -92,-88 -76,-88 -52,-59'), trim),
    filled('thing', polygon('-70,-53 -92,-60 -82,-62 -56,-56'), darken(colour, 0.2)),
    filled('thing', polygon('10,-50 -28,-16 -12,-16 40,-49'), lighten(colour, 0.1)),
    ...[-30, -18, -6, 6, 18, 30].map((x) => filled('shade', ellipse(x, -57, 2.2, 2.8), '#3b5a78')),
    filled('shade', 'M56 -60C64 -60 70 -57 73 -54L58 -54Z', '#3b5a78'),
    stroked(curve('-66,-50 0,-46.5 70,-50'), trim, 2.4),
  ];
};

export const kite: Motif = ({ colour, random }) => {
  const other = random.pick(['#f2c14b', '#3f8fc4', '#f6ead2', '#5aa86b']);
  const tail: [number, number][] = [
    [0, -18],
    [8, 0],
    [-4, 22],
    [8, 46],
    [0, 70],
  ];
  const bows = tail.slice(1).flatMap(([x, y], i) => [
    filled(
      'thing',
      polygon([
        [x, y],
        [x - 8, y - 5],
        [x - 8, y + 5],
      ]),
      i % 2 ? other : colour,
    ),
    filled(
      'thing',
      polygon([
        [x, y],
        [x + 8, y - 5],
        [x + 8, y + 5],
      ]),
      i % 2 ? other : colour,
    ),
  ]);
  return [
    stroked(curve(tail), '#6a4a3a', 1),
    ...bows,
    filled('thing', polygon('0,-100 -32,-64 0,-18 32,-64'), colour),
    filled('shade', polygon('0,-100 32,-64 0,-64'), other),
    filled('shade', polygon('0,-64 -32,-64 0,-18'), other),
    stroked('M0 -100V-18M-32 -64H32', '#4a3628', 0.9),
  ];
};

export const lantern: Motif = ({ colour }) => [
  filled('light', ellipse(0, -50, 120), glow([0, -50], 120, '#ffb454', 0.55)),
  filled(
    'light',
    'M-28 -88Q0 -100 28 -88L22 -16Q0 -10 -22 -16Z',
    downward(-94, -14, lighten(colour, 0.1), '#ffd27a', '#fff1bd'),
  ),
  filled('light', 'M-22 -16Q0 -10 22 -16L20 -11Q0 -5 -20 -11Z', '#8f5a2c'),
  ...[-12, 0, 12].map((x) => filled('light', `M${x} -92L${n(x * 0.8)} -14h1.2L${n(x + 1.2)} -92Z`, '#d98a3a', 0.5)),
];

export const campfire: Motif = ({ random }) => {
  const flame = (w: number, h: number): string =>
    smooth([
      [-w, -10],
      [-w * 0.9, -h * 0.34],
      [-w * 0.3, -h * 0.56],
      [random.range(-6, 6), -h],
      [w * 0.34, -h * 0.6],
      [w * 0.9, -h * 0.3],
      [w, -10],
      [0, -3],
    ]);
  return [
    filled('light', ellipse(0, -30, 190), glow([0, -30], 190, '#ff9a3d', 0.6)),
    ...[-34, -20, 20, 34, 0].map((x) => filled('thing', ellipse(x, -1, 10, 6.5), '#6a625f')),
    filled('thing', polygon('-40,-4 30,-18 33,-10 -37,4'), '#5e3f2b'),
    filled('thing', polygon('40,-4 -30,-18 -33,-10 37,4'), '#4c3222'),
    filled('light', flame(27, 100), downward(-100, -4, '#f0502d', '#f7842f', '#ffb347')),
    filled('light', flame(18, 70), downward(-70, -4, '#ff9c38', '#ffd166')),
    filled('light', flame(9, 42), '#fff2b8'),
    ...Array.from({ length: 9 }, () =>
      filled('light', ellipse(random.range(-38, 38), random.range(-160, -80), random.range(0.8, 2)), '#ffc35e', 0.9),
    ),
  ];
};
