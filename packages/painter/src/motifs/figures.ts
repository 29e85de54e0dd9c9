import { across, downward, filled, glow, stroked } from '../canvas/drawing.ts';
import { box, curve, ellipse, lens, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, lighten } from '../colour.ts';
import { body, type Motif } from './motif.ts';

/** A wanderer seen from behind, in a coat, looking into the picture. */
export const person: Motif = ({ colour, random }) => {
  const hair = random.pick(['#2b2226', '#4a3026', '#6b4427', '#1f1f28']);
  const hat = random.chance(0.45);
  const skin = random.pick(['#f0c6a4', '#c98f6a', '#8f5f45']);
  const wind = random.range(2, 8);
  return [
    filled('thing', tube('-5.5,-34,4.6 -6,-16,4 -6.6,-2,3.4'), '#2f3340'),
    filled('thing', tube('5.5,-34,4.6 6,-16,4 6.6,-2,3.4'), '#272b37'),
    filled('thing', ellipse(-7, -1.2, 5, 2.4), '#241f22'),
    filled('thing', ellipse(7, -1.2, 5, 2.4), '#241f22'),
    body(
      filled('thing', tube('-12,-70,4 -17,-56,4 -16,-42,3.2'), darken(colour, 0.18)),
      filled('thing', tube('12,-70,4 17,-56,4 16,-42,3.2'), darken(colour, 0.28)),
      filled(
        'thing',
        smooth([
          [-14, -74],
          [0, -78],
          [14, -74],
          [15, -56],
          [17 + wind, -26],
          [0, -23],
          [-17 + wind * 0.4, -26],
          [-15, -56],
        ]),
        across(-18, 20, lighten(colour, 0.1), darken(colour, 0.26)),
      ),
    ),
    stroked(curve('0,-72 0.6,-48 1.5,-24'), darken(colour, 0.4), 0.8, 0.6),
    filled('thing', ellipse(-16, -40, 3, 3.2), skin),
    filled('thing', ellipse(16, -40, 3, 3.2), skin),
    filled('thing', tube('0,-74,3.8 0,-82,3.6'), skin),
    filled('thing', ellipse(0, -88, 8.6, 9.6), hair),
    filled(
      'thing',
      smooth([
        [-9, -78],
        [0, -75],
        [9, -78],
        [18 + wind, -73],
        [8, -71],
        [-8, -72],
      ]),
      '#f1e6d0',
    ),
    ...(hat
      ? [
          filled('thing', ellipse(0, -92, 15, 3.4), '#5b4534'),
          filled('thing', smooth('-8.6,-92 -8,-102 0,-104 8,-102 8.6,-92'), '#6b513c'),
        ]
      : []),
  ];
};

export const astronaut: Motif = ({ colour, random }) => {
  const suit = across(-26, 28, lighten(colour, 0.2), darken(colour, 0.22));
  const stripe = random.pick(['#e4573d', '#3b7dd8', '#f0a532']);
  return [
    filled('thing', box(-19, -72, 38, 40, 8), darken(colour, 0.35)),
    body(
      filled('thing', tube('-8,-34,8 -11,-16,7.6 -12,-3,7.4'), suit),
      filled('thing', tube('8,-34,8 12,-17,7.6 14,-3,7.4'), suit),
      filled('thing', tube('-14,-62,7 -26,-50,7 -31,-36,6.4'), suit),
      filled('thing', tube('14,-62,7 28,-64,7 36,-76,6.2'), suit),
      filled('thing', smooth('-18,-66 0,-70 18,-66 17,-36 0,-30 -17,-36'), suit),
    ),
    filled('thing', ellipse(-32, -33, 6), stripe),
    filled('thing', ellipse(38, -79, 6), stripe),
    ...[
      [-12, -8],
      [13.5, -8],
    ].map(([x, y]) => filled('shade', lens((x ?? 0) - 8, y ?? 0, (x ?? 0) + 8, y ?? 0, 3), stripe, 0.95)),
    filled('thing', box(-9, -56, 18, 13, 3), '#c8ced6'),
    ...[-4.5, 0.5, 5].map((x, nth) =>
      filled('shade', ellipse(x, -50, 1.7), ['#e4573d', '#f2c14b', '#4fae7a'][nth] ?? stripe),
    ),
    filled('thing', ellipse(0, -83, 20, 19), suit),
    filled('thing', ellipse(1.5, -83, 14.5, 12.5), {
      kind: 'linear',
      from: [-14, -96],
      to: [14, -70],
      stops: [
        { at: 0, colour: '#3b4f86' },
        { at: 0.5, colour: '#141a38' },
        { at: 1, colour: '#d9843f' },
      ],
    }),
    filled('light', lens(-7, -81, 1, -91, 2.2), '#ffffff', 0.8),
    filled('light', ellipse(9, -79, 1.4), '#ffffff', 0.7),
  ];
};

export const robot: Motif = ({ colour, random }) => {
  const metal = across(-24, 26, lighten(colour, 0.25), darken(colour, 0.28));
  const lamp = random.pick(['#5fe3d0', '#ffd257', '#ff7f6b']);
  return [
    ...[-10, 10].map((x) => filled('thing', box(x - 5, -26, 10, 22, 3), darken(colour, 0.22))),
    ...[-11, 11].map((x) => filled('thing', box(x - 9, -7, 18, 7.5, 3.5), metal)),
    filled('thing', tube('-22,-58,3.6 -33,-46,3.4 -31,-30,3.2'), darken(colour, 0.25)),
    filled('thing', tube('22,-58,3.6 34,-62,3.4 38,-78,3.2'), darken(colour, 0.25)),
    filled('thing', ellipse(-31, -28, 5), metal),
    filled('thing', ellipse(38.5, -81, 5), metal),
    filled('thing', box(-23, -64, 46, 40, 9), metal),
    filled('shade', box(-13, -55, 26, 18, 4), '#28303c'),
    ...[-7, 0, 7].map((x, nth) => filled('light', ellipse(x, -46, 2.4), [lamp, '#ffd257', '#ff7f6b'][nth] ?? lamp)),
    filled('thing', box(-5, -70, 10, 8), darken(colour, 0.3)),
    filled('thing', box(-20, -97, 40, 29, 10), metal),
    filled('shade', box(-15, -91, 30, 16, 7), '#1d2430'),
    ...[-6.5, 6.5].flatMap((x) => [
      filled('light', ellipse(x, -83, 8), glow([x, -83], 8, lamp, 0.7)),
      filled('light', ellipse(x, -83, 3.6), lamp),
    ]),
    stroked(curve('0,-97 0,-106'), darken(colour, 0.3), 1.8),
    filled('light', ellipse(0, -107.5, 3), lamp),
    filled('thing', polygon('-20,-86 -24,-84 -24,-78 -20,-76'), darken(colour, 0.2)),
    filled('thing', polygon('20,-86 24,-84 24,-78 20,-76'), darken(colour, 0.3)),
    filled('shade', box(-21, -62, 5, 34, 2.5), downward(-62, -28, '#ffffff', lighten(colour, 0.3)), 0.35),
  ];
};
