import { type Drawn, downward, filled, stroked } from '../canvas/drawing.ts';
import { curve, ellipse, lens, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import { body, type Motif } from './motif.ts';
import { eye } from './quadruped.ts';

const coat = (colour: Hex) => downward(-100, 0, lighten(colour, 0.12), colour, darken(colour, 0.22));

/** A face's nose and mouth. */
const snout = (x: number, y: number, size: number, nose: Hex): Drawn[] => [
  filled(
    'shade',
    smooth([
      [x - size, y - size * 0.5],
      [x, y - size * 0.7],
      [x + size, y - size * 0.5],
      [x, y + size * 0.7],
    ]),
    nose,
  ),
  stroked(
    curve([
      [x - size * 1.7, y + size * 1.5],
      [x - size * 0.7, y + size * 1.9],
      [x, y + size * 0.8],
      [x + size * 0.7, y + size * 1.9],
      [x + size * 1.7, y + size * 1.5],
    ]),
    '#3a2a2a',
    size * 0.32,
    0.75,
  ),
];

const whiskers = (x: number, y: number, reach: number): Drawn[] =>
  [-1, 1].flatMap((side) =>
    [-3, 0, 3.4].map((tilt) =>
      stroked(
        curve([
          [x + side * 6, y + tilt * 0.4],
          [x + side * reach * 0.6, y + tilt - 1],
          [x + side * reach, y + tilt * 1.8],
        ]),
        '#fffaf0',
        0.45,
        0.8,
      ),
    ),
  );

/** A sitting body seen from the front, chest and two forelegs. */
function sitting(colour: Hex, bib: Hex): Drawn[] {
  return [
    body(
      filled('thing', smooth('-27,-1 -31,-16 -25,-38 -15,-56 0,-62 15,-56 25,-38 31,-16 27,-1 0,1'), coat(colour)),
      filled('thing', ellipse(-24, -4, 11, 5.5), coat(colour)),
      filled('thing', ellipse(24, -4, 11, 5.5), coat(colour)),
    ),
    filled('shade', smooth('-12,-52 0,-58 12,-52 11,-34 0,-22 -11,-34'), bib, 0.9),
    filled('shade', lens(-21, -6, -18, -40, 5), darken(colour, 0.3), 0.35),
    filled('shade', lens(21, -6, 18, -40, 5), darken(colour, 0.3), 0.45),
    body(
      filled('thing', tube('-7.5,-40,5 -8,-20,5.4 -8.5,-6,5.6 -9,-1,6.2'), lighten(colour, 0.08)),
      filled('thing', tube('7.5,-40,5 8,-20,5.4 8.5,-6,5.6 9,-1,6.2'), lighten(colour, 0.04)),
    ),
    filled('shade', ellipse(-9, -2.2, 6, 3.2), bib, 0.85),
    filled('shade', ellipse(9, -2.2, 6, 3.2), bib, 0.85),
  ];
}

export const cat: Motif = ({ colour, shade }) => {
  const bib = mix(colour, '#fffaf2', 0.82);
  const stripe = darken(colour, 0.38);
  const ear = (side: number): Drawn[] => [
    filled(
      'thing',
      smooth([
        [side * 21, -76],
        [side * 22, -90],
        [side * 19.5, -103],
        [side * 12, -96],
        [side * 4, -87],
        [side * 8, -78],
      ]),
      coat(colour),
    ),
    filled(
      'shade',
      smooth([
        [side * 17.5, -82],
        [side * 18, -96],
        [side * 9, -87],
      ]),
      '#e8a59b',
      0.85,
    ),
  ];
  const gaze = (side: number): Drawn[] => [
    filled(
      'thing',
      smooth([
        [side * 4.6, -73],
        [side * 9.4, -77.6],
        [side * 14.4, -74.4],
        [side * 9.6, -69.6],
      ]),
      '#b9d06a',
    ),
    filled('shade', ellipse(side * 9.5, -73.6, 1.7, 3.7), '#17151a'),
    filled('light', ellipse(side * 9.5 + 1, -75, 1), '#ffffff', 0.95),
  ];
  return [
    body(filled('thing', tube('22,-6,6 40,-8,6 48,-22,5.6 44,-38,5 50,-48,3.4'), coat(colour))),
    filled('shade', tube('45.2,-36,5 49,-46,3.6 50,-48.5,2.6'), stripe, 0.8),
    ...sitting(colour, bib),
    ...[-1, 1].flatMap((side) =>
      [18, 27, 36].map((y) =>
        filled('shade', lens(side * (30 - y * 0.13), -y, side * (19 - y * 0.1), -y - 3, 1.7), stripe, 0.6),
      ),
    ),
    ...ear(-1),
    ...ear(1),
    body(
      filled(
        'thing',
        smooth('-25,-70 -22,-82 -11,-90 0,-91.5 11,-90 22,-82 25,-70 18,-60 0,-54.5 -18,-60'),
        coat(colour),
      ),
    ),
    ...[-5.5, 0, 5.5].map((x) => filled('shade', lens(x * 1.25, -90, x * 0.8, -80.5, 1.3), stripe, 0.7)),
    ...[-1, 1].flatMap((side) =>
      [-70, -66].map((y) => filled('shade', lens(side * 24.5, y, side * 16, y + 1.5, 1.2), stripe, 0.55)),
    ),
    filled('shade', smooth('-10.5,-62.5 -5,-67 0,-68 5,-67 10.5,-62.5 0,-56'), bib, 0.95),
    ...gaze(-1),
    ...gaze(1),
    ...snout(0, -65.5, 2.5, '#d9807a'),
    ...whiskers(0, -63, 33),
    filled('shade', lens(-13, -52.5, 13, -52.5, 4), shade, 0.4),
  ];
};

export const dog: Motif = ({ colour }) => {
  const bib = mix(colour, '#fff6e6', 0.72);
  const dark = darken(colour, 0.35);
  const ear = (side: number) =>
    filled(
      'thing',
      smooth([
        [side * 15, -92],
        [side * 25, -88],
        [side * 30, -72],
        [side * 27, -60],
        [side * 20, -64],
        [side * 17, -78],
      ]),
      downward(-92, -60, dark, darken(dark, 0.25)),
    );
  return [
    body(filled('thing', tube('22,-8,5 36,-12,5 44,-26,4.4 43,-40,2.6'), coat(colour))),
    ...sitting(colour, bib),
    filled('shade', lens(-15, -53, 15, -53, 4), dark, 0.4),
    body(
      filled('thing', smooth('-20,-72 -19,-88 -9,-96 0,-97.5 9,-96 19,-88 20,-72 13,-58 0,-53 -13,-58'), coat(colour)),
    ),
    filled('shade', smooth('-2.6,-97 2.6,-97 5,-78 10.5,-66 8,-57 0,-54 -8,-57 -10.5,-66 -5,-78'), bib, 0.95),
    ear(-1),
    ear(1),
    ...eye(-9.6, -79, 2.9),
    ...eye(9.6, -79, 2.9),
    filled('shade', smooth('-5.2,-69.5 0,-71.6 5.2,-69.5 2.6,-65 -2.6,-65'), '#2a2326'),
    filled('light', ellipse(-1.4, -69.6, 1.3, 0.8), '#ffffff', 0.6),
    stroked(curve('-8,-61.5 -4,-60 0,-64.6 4,-60 8,-61.5'), '#3a2a2a', 0.9, 0.85),
    filled('shade', smooth('-2.8,-60.6 2.8,-60.6 2.4,-55 0,-53.4 -2.4,-55'), '#e37f86'),
    filled('thing', smooth('-16,-53 0,-49 16,-53 15,-49.5 0,-45 -15,-49.5'), '#c8423c'),
    filled('thing', ellipse(0, -44.4, 3.1), '#f0c14b'),
  ];
};

export const fox: Motif = ({ colour }) => {
  const white = '#fff3e4';
  const sock = '#3a2723';
  const ear = (side: number): Drawn[] => [
    filled(
      'thing',
      polygon([
        [side * 21, -76],
        [side * 20, -104],
        [side * 4, -86],
      ]),
      coat(colour),
    ),
    filled(
      'shade',
      polygon([
        [side * 20.6, -93],
        [side * 20, -104],
        [side * 14, -97],
      ]),
      sock,
    ),
    filled(
      'shade',
      polygon([
        [side * 17.5, -82],
        [side * 17, -95],
        [side * 9, -86],
      ]),
      '#f3cdb0',
      0.8,
    ),
  ];
  return [
    body(filled('thing', tube('20,-8,7 40,-8,11 54,-20,13 57,-38,11 52,-54,3'), coat(colour))),
    filled('shade', tube('56.6,-38,9 55,-48,5.6 52,-54,2'), white, 0.95),
    ...sitting(colour, white),
    ...[-1, 1].map((side) =>
      filled(
        'shade',
        tube([
          [side * 8.2, -20, 3.4],
          [side * 8.6, -8, 5.4],
          [side * 9, -1, 6],
        ]),
        sock,
        0.92,
      ),
    ),
    filled('shade', lens(-14, -54, 14, -54, 4), darken(colour, 0.4), 0.4),
    ...ear(-1),
    ...ear(1),
    body(
      filled(
        'thing',
        smooth('-28,-69 -21,-82 -10,-89 0,-90 10,-89 21,-82 28,-69 14,-61 5,-53 0,-51 -5,-53 -14,-61'),
        coat(colour),
      ),
    ),
    ...[-1, 1].map((side) =>
      filled(
        'shade',
        smooth([
          [side * 27, -69],
          [side * 18, -72],
          [side * 9, -70],
          [side * 3, -62],
          [side * 1.5, -54],
          [side * 5, -53.4],
          [side * 14, -61],
        ]),
        white,
        0.97,
      ),
    ),
    ...eye(-10, -75, 2.5),
    ...eye(10, -75, 2.5),
    filled('shade', ellipse(0, -53.6, 3.4, 2.6), '#211b1d'),
  ];
};

export const rabbit: Motif = ({ colour }) => {
  const soft = mix(colour, '#fffaf4', 0.75);
  const ear = (side: number): Drawn[] => [
    filled(
      'thing',
      tube([
        [side * 6, -66, 4],
        [side * 9, -80, 6.4],
        [side * 12, -94, 5.4],
        [side * 13, -102, 2],
      ]),
      coat(colour),
    ),
    filled(
      'shade',
      tube([
        [side * 7, -70, 2],
        [side * 9.6, -82, 3.4],
        [side * 12, -95, 2],
      ]),
      '#efb5ae',
      0.75,
    ),
  ];
  return [
    filled('thing', ellipse(25, -12, 8, 7.5), soft),
    body(filled('thing', smooth('-24,0 -27,-16 -20,-36 0,-46 20,-36 27,-16 24,0'), coat(colour))),
    filled('shade', ellipse(0, -18, 14, 16), soft, 0.85),
    ...ear(-1),
    ...ear(1),
    body(filled('thing', smooth('-20,-52 -16,-66 0,-72 16,-66 20,-52 12,-42 0,-39.5 -12,-42'), coat(colour))),
    filled('shade', ellipse(0, -46.5, 9, 6), soft, 0.95),
    ...eye(-10, -57, 2.9),
    ...eye(10, -57, 2.9),
    ...snout(0, -49, 2, '#d98a86'),
    ...whiskers(0, -47, 25),
    filled('thing', ellipse(-12, -2.5, 11, 4.5), coat(lighten(colour, 0.06))),
    filled('thing', ellipse(12, -2.5, 11, 4.5), coat(lighten(colour, 0.06))),
    filled('thing', tube('-6,-26,4 -7,-14,4 -6,-7,4.4'), lighten(colour, 0.1)),
    filled('thing', tube('6,-26,4 7,-14,4 6,-7,4.4'), lighten(colour, 0.1)),
  ];
};
