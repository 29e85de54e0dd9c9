import { type Drawn, downward, filled, type Paint, stroked } from '../canvas/drawing.ts';
import { curve, ellipse, lens, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, lighten, mix } from '../colour.ts';
import { body, type Motif } from './motif.ts';
import { eye } from './quadruped.ts';

export const bird: Motif = ({ colour, random }) => {
  const lift = random.range(-14, 18);
  const wing = (side: number, tone: string) =>
    filled(
      'thing',
      smooth([
        [side * 4, -54],
        [side * 26, -66 - lift],
        [side * 52, -60 - lift * 2.2],
        [side * 72, -46 - lift * 2.6],
        [side * 46, -54 - lift * 1.6],
        [side * 22, -48 - lift * 0.4],
        [side * 6, -44],
      ]),
      tone,
    );
  return [
    wing(-1, darken(colour, 0.12)),
    body(filled('thing', smooth('-4,-60 4,-62 9,-56 5,-44 0,-28 -5,-26 -5,-44'), colour)),
    wing(1, lighten(colour, 0.08)),
    filled('thing', polygon('7,-59 14,-57.5 8,-55.5'), '#e8a23c'),
  ];
};

export const owl: Motif = ({ colour }) => {
  const pale = mix(colour, '#fff3df', 0.65);
  const gaze = (side: number): Drawn[] => [
    filled('thing', ellipse(side * 11, -74, 11.5), pale),
    filled('thing', ellipse(side * 11, -74, 7.4), '#f4b942'),
    filled('shade', ellipse(side * 11, -74, 4.4), '#17151a'),
    filled('light', ellipse(side * 11 + 1.6, -75.8, 1.5), '#ffffff'),
  ];
  return [
    body(
      filled(
        'thing',
        smooth('-28,-20 -31,-50 -27,-78 -25,-100 -14,-91 0,-89 14,-91 25,-100 27,-78 31,-50 28,-20 14,-3 -14,-3'),
        downward(-100, 0, lighten(colour, 0.1), colour, darken(colour, 0.25)),
      ),
    ),
    filled('shade', smooth('-16,-56 0,-62 16,-56 18,-30 0,-8 -18,-30'), pale, 0.9),
    ...[-48, -38, -28].flatMap((y, row) =>
      [-9, 0, 9].map((x) =>
        stroked(
          curve([
            [x - 4 + (row % 2) * 3, y],
            [x + (row % 2) * 3, y + 4],
            [x + 4 + (row % 2) * 3, y],
          ]),
          darken(colour, 0.2),
          1.2,
          0.7,
        ),
      ),
    ),
    filled('thing', smooth('-30,-58 -20,-54 -18,-26 -27,-12 -33,-34'), darken(colour, 0.22)),
    filled('thing', smooth('30,-58 20,-54 18,-26 27,-12 33,-34'), darken(colour, 0.22)),
    ...gaze(-1),
    ...gaze(1),
    filled('thing', polygon('-4,-70 4,-70 0,-60'), '#d98a35'),
    ...[-9, 9].map((x) => filled('thing', ellipse(x, -2, 6, 3), '#d98a35')),
  ];
};

export const penguin: Motif = ({ colour }) => [
  ...[-10, 10].map((x) => filled('thing', ellipse(x, -2, 9, 3.6), '#e89a35')),
  filled('thing', tube('-22,-62,4 -33,-42,6 -36,-24,2'), darken(colour, 0.2)),
  filled('thing', tube('22,-62,4 33,-42,6 36,-24,2'), darken(colour, 0.2)),
  body(
    filled(
      'thing',
      smooth('-27,-20 -26,-48 -18,-72 -18,-90 0,-101 18,-90 18,-72 26,-48 27,-20 14,-3 -14,-3'),
      downward(-100, 0, lighten(colour, 0.12), colour, darken(colour, 0.2)),
    ),
  ),
  filled('shade', smooth('-19,-24 -18,-46 -10,-64 0,-68 10,-64 18,-46 19,-24 9,-6 -9,-6'), '#f7f4ec'),
  filled('shade', smooth('-14,-80 -8,-90 0,-84 8,-90 14,-80 10,-70 0,-66 -10,-70'), '#f7f4ec'),
  filled('shade', lens(-12, -66, 12, -66, 5), '#f2c35a', 0.75),
  ...eye(-7.5, -83, 2.3),
  ...eye(7.5, -83, 2.3),
  filled('thing', polygon('-5,-80 5,-80 0,-72'), '#eda13a'),
];

export const duck: Motif = ({ colour }) => [
  body(
    filled(
      'thing',
      smooth('-46,-30 -58,-44 -44,-40 -20,-42 10,-36 30,-36 40,-20 26,-2 -24,-1 -42,-12'),
      downward(-44, 0, lighten(colour, 0.25), colour, darken(colour, 0.15)),
    ),
    filled('thing', tube('24,-20,12 34,-40,7.5 31,-62,7 36,-80,9'), lighten(colour, 0.12)),
    filled('thing', ellipse(38, -82, 13, 12), lighten(colour, 0.12)),
  ),
  filled('shade', smooth('-34,-28 -10,-36 14,-28 0,-12 -26,-12'), darken(colour, 0.14), 0.7),
  filled('thing', smooth('49,-86 62,-80 64,-76 50,-76'), '#ee9a32'),
  ...eye(42, -86, 2.4),
];

export const butterfly: Motif = ({ colour }) => {
  const edge = darken(colour, 0.62);
  const wing = (side: number): Drawn[] => [
    filled(
      'thing',
      smooth([
        [side * 2, -52],
        [side * 14, -82],
        [side * 44, -100],
        [side * 56, -84],
        [side * 44, -58],
        [side * 14, -48],
      ]),
      edge,
    ),
    filled(
      'thing',
      smooth([
        [side * 2, -48],
        [side * 30, -46],
        [side * 42, -26],
        [side * 28, -4],
        [side * 12, -16],
      ]),
      edge,
    ),
    filled(
      'shade',
      smooth([
        [side * 6, -54],
        [side * 18, -78],
        [side * 42, -92],
        [side * 49, -82],
        [side * 38, -62],
        [side * 14, -52],
      ]),
      downward(-95, -50, lighten(colour, 0.25), colour),
    ),
    filled(
      'shade',
      smooth([
        [side * 5, -46],
        [side * 27, -43],
        [side * 36, -27],
        [side * 26, -10],
        [side * 13, -19],
      ]),
      downward(-46, -8, colour, lighten(colour, 0.2)),
    ),
    filled('shade', ellipse(side * 47, -86, 2.6), '#fff8ea', 0.9),
    filled('shade', ellipse(side * 30, -72, 6, 4.4), lighten(colour, 0.5), 0.8),
    filled('shade', ellipse(side * 25, -28, 4.4), lighten(colour, 0.5), 0.8),
  ];
  return [
    ...wing(-1),
    ...wing(1),
    filled('thing', tube('0,-74,2.6 0,-50,3.4 0,-22,1.4'), '#2a2226'),
    ...[-1, 1].map((side) =>
      stroked(
        curve([
          [0, -74],
          [side * 7, -88],
          [side * 13, -94],
        ]),
        '#2a2226',
        1.1,
      ),
    ),
  ];
};

export const dragon: Motif = ({ colour }) => {
  const belly = mix(colour, '#f6e2a4', 0.6);
  const wing = (dx: number, tone: Paint) =>
    filled(
      'thing',
      `M${-2 + dx} -52C${-8 + dx} -84 ${-22 + dx} -100 ${-46 + dx} -106C${-42 + dx} -94 ${-52 + dx} -84 ${-60 + dx} -78C${-48 + dx} -78 ${-46 + dx} -66 ${-46 + dx} -60C${-36 + dx} -66 ${-28 + dx} -60 ${-24 + dx} -50Z`,
      tone,
    );
  const spine: [number, number, number][] = [
    [-78, -10, 1],
    [-64, -24, 3],
    [-44, -22, 6],
    [-26, -34, 10],
    [-4, -44, 13],
    [18, -44, 11],
    [34, -56, 8],
    [42, -72, 7],
    [52, -80, 6],
  ];
  const spikes = spine.slice(1, -1).map(([x, y, half]) =>
    filled(
      'thing',
      polygon([
        [x - 4, y - half + 2],
        [x - 2, y - half - 7],
        [x + 4, y - half + 2],
      ]),
      darken(colour, 0.3),
    ),
  );
  return [
    wing(20, darken(colour, 0.4)),
    filled('thing', tube('-12,-34,6 -18,-20,4 -12,-10,2.4'), darken(colour, 0.3)),
    ...spikes,
    body(
      filled('thing', tube(spine), downward(-90, -10, lighten(colour, 0.15), colour, darken(colour, 0.2))),
      filled('thing', tube('46,-78,6 56,-84,8 66,-80,6.4 78,-75,4.6'), lighten(colour, 0.06)),
      filled('thing', polygon('-76,-12 -92,-18 -86,-2 -74,-6'), colour),
    ),
    filled('shade', tube('-26,-28,3 -4,-35,4.6 18,-36,4 36,-50,3'), belly, 0.8),
    filled('thing', tube('50,-88,2.4 42,-98,1.8 34,-102,0.5'), '#f1e3c0'),
    filled('thing', tube('10,-36,5 16,-22,3.6 24,-16,2'), colour),
    wing(0, downward(-106, -50, mix(colour, '#f2b35a', 0.5), darken(colour, 0.12))),
    filled('light', ellipse(62, -83, 1.9), '#ffd84f'),
  ];
};
