import { type Drawn, downward, filled, glow, stroked } from '../canvas/drawing.ts';
import { curve, ellipse, lens, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, lighten, mix } from '../colour.ts';
import { body, type Motif } from './motif.ts';
import { eye } from './quadruped.ts';

export const whale: Motif = ({ colour }) => {
  const pale = mix(colour, '#f2f6f8', 0.75);
  const back = smooth('-92,-4 -78,-22 -40,-44 10,-52 60,-44 84,-22 88,4 40,12 -40,12');
  return [
    filled('thing', smooth('-90,-8 -104,-28 -126,-36 -112,-24 -110,-12 -128,-4 -108,-4'), darken(colour, 0.1)),
    body(filled('thing', back, downward(-52, 8, lighten(colour, 0.16), colour, darken(colour, 0.15)))),
    filled('shade', smooth('10,4 40,-14 84,-16 88,4 60,10'), pale, 0.8),
    ...[0, 6, 12].map((dy) =>
      stroked(
        curve([
          [22, 4 - dy * 0.3],
          [50, -8 - dy * 0.4 + dy],
          [84, -10 + dy],
        ]),
        colour,
        1.1,
        0.5,
      ),
    ),
    filled('thing', polygon('-38,-42 -50,-56 -56,-34'), darken(colour, 0.18)),
    filled('thing', tube('28,-4,6 16,6,7 2,12,3'), darken(colour, 0.2)),
    ...eye(58, -18, 2.4),
    ...[-1, 1].map((side) =>
      stroked(
        curve([
          [44, -49],
          [44 + side * 3, -70],
          [44 + side * 16, -84],
          [44 + side * 26, -72],
        ]),
        '#e9f6fb',
        3.4,
        0.85,
      ),
    ),
    stroked(curve('44,-49 44,-72 44.5,-92'), '#e9f6fb', 3, 0.8),
  ];
};

export const dolphin: Motif = ({ colour }) => [
  filled('thing', polygon('-4,-92 -24,-110 -26,-84'), darken(colour, 0.16)),
  body(
    filled(
      'thing',
      tube('-74,-12,2 -60,-38,6 -36,-66,13 -4,-78,17 30,-70,16 52,-50,10 62,-38,5 72,-30,2.6'),
      downward(-96, -20, lighten(colour, 0.18), colour, darken(colour, 0.16)),
    ),
    filled('thing', polygon('-70,-20 -98,-16 -84,-6 -80,12 -66,-12'), darken(colour, 0.08)),
  ),
  filled('shade', smooth('-34,-56 0,-62 34,-56 58,-38 40,-46 0,-54'), '#f2f4f4', 0.75),
  filled('thing', tube('18,-60,5 8,-44,5 -6,-36,1.6'), darken(colour, 0.18)),
  ...eye(44, -58, 2),
];

export const fish: Motif = ({ colour, random }) => {
  const banded = random.chance(0.5);
  const outline = smooth('-44,-50 -26,-68 6,-80 36,-70 56,-50 36,-32 6,-22 -26,-34');
  return [
    filled(
      'thing',
      smooth('-38,-50 -58,-74 -74,-78 -66,-50 -74,-24 -58,-28'),
      downward(-78, -24, lighten(colour, 0.2), darken(colour, 0.2)),
    ),
    filled('thing', smooth('-16,-70 0,-94 26,-88 26,-72'), darken(colour, 0.14)),
    body(filled('thing', outline, downward(-80, -22, lighten(colour, 0.2), colour, mix(colour, '#fff3da', 0.45)))),
    ...(banded
      ? [-14, 18].map((x) =>
          filled(
            'shade',
            smooth([
              [x - 5, -74],
              [x + 6, -76],
              [x + 8, -50],
              [x + 6, -26],
              [x - 5, -28],
              [x - 2, -50],
            ]),
            '#fdf8ee',
            0.92,
          ),
        )
      : []),
    filled('thing', smooth('0,-48 -18,-40 -14,-28 6,-38'), lighten(colour, 0.25)),
    filled('thing', ellipse(40, -56, 5.4), '#fdfaf2'),
    ...eye(41, -56, 3.2),
    stroked(curve('28,-66 32,-50 28,-36'), darken(colour, 0.3), 1.2, 0.6),
  ];
};

export const jellyfish: Motif = ({ colour, random }) => {
  const arms: Drawn[] = [];
  for (let i = 0; i < 9; i++) {
    const x = -26 + i * 6.5;
    const sway = random.range(-8, 8);
    arms.push(
      filled(
        'thing',
        tube([
          [x, -54, 2.2],
          [x + sway, -34, 1.7],
          [x - sway * 0.7, -12, 1.3],
          [x + sway * 0.9, 14 + random.range(-10, 12), 0.4],
        ]),
        lighten(colour, 0.25),
        0.6,
      ),
    );
  }
  return [
    filled('light', ellipse(0, -64, 70), glow([0, -64], 70, lighten(colour, 0.3), 0.45)),
    ...arms,
    body(
      filled(
        'thing',
        smooth('-36,-50 -38,-68 -24,-92 0,-100 24,-92 38,-68 36,-50 24,-55 12,-50 0,-55 -12,-50 -24,-55'),
        downward(-100, -48, lighten(colour, 0.5), colour, darken(colour, 0.1)),
        0.86,
      ),
    ),
    filled('light', lens(-26, -66, -8, -92, 5), '#ffffff', 0.5),
    ...[-14, 0, 14].map((x) => filled('shade', ellipse(x, -64, 4.6, 7), lighten(colour, 0.55), 0.5)),
  ];
};

export const turtle: Motif = ({ colour, random }) => {
  const skin = mix(colour, '#d9cf9a', 0.45);
  const shell = mix(colour, '#7a5a35', 0.45);
  const plates: Drawn[] = [];
  for (const [x, y, r] of [
    [-26, -52, 11],
    [-4, -60, 13],
    [20, -52, 11],
    [-14, -42, 10],
    [8, -42, 10],
  ] as const) {
    plates.push(
      filled(
        'shade',
        polygon(
          Array.from(
            { length: 6 },
            (_, i) => [x + Math.cos(i * 1.047 + 0.3) * r * 0.92, y + Math.sin(i * 1.047 + 0.3) * r * 0.72] as const,
          ),
        ),
        lighten(shell, random.range(0.1, 0.24)),
        0.8,
      ),
    );
  }
  return [
    filled('thing', tube('22,-40,8 44,-20,9 58,2,2'), darken(skin, 0.12)),
    filled('thing', tube('-34,-38,7 -54,-28,7 -64,-16,2'), darken(skin, 0.12)),
    body(filled('thing', tube('34,-48,9 52,-58,8 66,-62,10 76,-60,5'), skin)),
    filled(
      'thing',
      smooth('-48,-40 -36,-60 -6,-76 28,-68 44,-46 24,-32 -26,-30'),
      downward(-76, -30, lighten(shell, 0.15), shell, darken(shell, 0.25)),
    ),
    ...plates,
    filled('thing', tube('14,-36,8 26,-12,10 20,16,3'), skin),
    ...eye(69, -64, 2),
  ];
};
