import { type Drawn, downward, filled, stroked } from '../canvas/drawing.ts';
import { blob, curve, ellipse, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, lighten, mix } from '../colour.ts';
import { body, type Motif } from './motif.ts';
import { eye, quadruped } from './quadruped.ts';

const hoof = (x: number, size: number): Drawn =>
  filled(
    'shade',
    polygon([
      [x - size, 0.4],
      [x - size * 0.7, -4],
      [x + size * 0.8, -4],
      [x + size * 1.2, 0.4],
    ]),
    '#2b2220',
  );

export const horse: Motif = ({ colour }) => {
  const mane = darken(mix(colour, '#2a1a14', 0.45), 0.15);
  return [
    filled('thing', tube('-33,-60,3 -43,-52,5 -47,-34,6 -44,-18,2'), mane),
    ...quadruped(
      {
        back: 68,
        half: 33,
        chest: 15,
        loin: 13,
        leg: 6,
        neck: '24,-56,13 33,-70,10 40,-84,8 44,-92,7',
        head: '40,-92,6.4 48,-90,7 57,-82,4.8 63,-76,4.4',
        tail: '-31,-60,3 -36,-58,3 -40,-50,2',
      },
      colour,
    ),
    filled('thing', polygon('40,-97 42,-105 45.5,-97'), colour),
    filled('thing', smooth('47,-99 38,-98 30,-84 20,-68 15,-62 27,-66 36,-78 42,-90'), mane),
    filled('shade', ellipse(61.5, -77, 2.2), darken(colour, 0.5), 0.6),
    ...eye(49, -91, 1.5),
    ...[-27.7, 26].map((x) => hoof(x, 3)),
  ];
};

export const unicorn: Motif = (brush) => [
  ...horse(brush),
  filled('thing', polygon('46,-97 61,-124 50.5,-95.5'), downward(-124, -95, '#fff3c4', '#e8b84f')),
  ...['48.5,-102 53,-99.5', '51.5,-107 55,-105', '54.5,-112.5 57,-111'].map((ring) =>
    stroked(curve(ring), '#c98f2e', 0.9),
  ),
];

export const deer: Motif = ({ colour }) => {
  const horn = '#6b5138';
  const antler = (dx: number, tone: string): Drawn[] => [
    filled(
      'thing',
      tube([
        [37 + dx, -80, 1.4],
        [31 + dx, -92, 1.3],
        [33 + dx, -104, 1.2],
        [40 + dx, -113, 0.7],
      ]),
      tone,
    ),
    filled(
      'thing',
      tube([
        [32 + dx, -95, 1.1],
        [25 + dx, -102, 0.9],
        [24 + dx, -109, 0.5],
      ]),
      tone,
    ),
    filled(
      'thing',
      tube([
        [33.5 + dx, -104, 1],
        [30 + dx, -111, 0.8],
        [31 + dx, -118, 0.5],
      ]),
      tone,
    ),
  ];
  return [
    ...antler(7, darken(horn, 0.3)),
    ...quadruped(
      {
        back: 60,
        half: 28,
        chest: 12,
        loin: 10.5,
        leg: 4.4,
        neck: '22,-50,10 29,-62,6.6 34,-72,5.2 37,-79,5',
        head: '34,-79,4.8 41,-78,5.4 48,-73,3.4 52.5,-70.5,2.6',
        tail: '-27,-54,2 -31,-50,3.4 -31,-44,1.6',
      },
      colour,
      '#f3e3cc',
    ),
    ...antler(0, horn),
    filled('thing', tube('33,-82,1.6 27,-86,3 22,-88,0.8'), darken(colour, 0.15)),
    filled('shade', ellipse(52.4, -70.8, 1.7), '#231d1c'),
    ...eye(41.5, -79.5, 1.5),
    ...[
      [-12, -54],
      [-5, -51],
      [-17, -49],
      [2, -55],
      [-9, -46],
    ].map(([x, y]) => filled('shade', ellipse(x ?? 0, y ?? 0, 1.4), '#f6e8d2', 0.7)),
    filled('shade', ellipse(-30.5, -47, 2, 4), '#fbf1e1', 0.9),
    ...[-23.5, 22].map((x) => hoof(x, 2.2)),
  ];
};

export const wolf: Motif = ({ colour }) => [
  ...quadruped(
    {
      back: 60,
      half: 34,
      chest: 15,
      loin: 11,
      leg: 5.6,
      neck: '24,-52,14 34,-64,13 41,-74,9',
      head: '36,-74,8 44,-76,9.4 54,-71,5 63,-68,2.8',
      tail: '-30,-50,5 -42,-44,7.4 -50,-30,7 -53,-16,2',
    },
    colour,
    '#eef0f2',
  ),
  filled('thing', polygon('36,-80 36,-98 44,-84'), darken(colour, 0.15)),
  filled('thing', polygon('42,-82 46,-97 51,-81'), colour),
  filled('shade', smooth('40,-68 50,-68 60,-66.5 50,-63.5 38,-56 31,-58'), '#f1f2f2', 0.8),
  filled('shade', ellipse(63.2, -69.2, 2.2, 1.9), '#1c1b20'),
  ...eye(50, -75, 1.5),
];

export const bear: Motif = ({ colour }) => [
  ...quadruped(
    {
      back: 72,
      half: 38,
      chest: 25,
      loin: 24,
      leg: 10.5,
      neck: '26,-54,22 38,-62,19 46,-66,15',
      head: '38,-68,13 50,-68,14.4 60,-62,9 68,-59,6',
      tail: '-38,-56,3 -42,-55,4 -44,-52,2',
    },
    colour,
  ),
  filled('thing', ellipse(41, -81, 5.5), darken(colour, 0.1)),
  filled('thing', ellipse(51, -82.5, 5), colour),
  filled('shade', ellipse(41.5, -80.5, 2.8), darken(colour, 0.4)),
  filled('shade', ellipse(64.5, -59.5, 6.4, 5), mix(colour, '#f0d9bb', 0.5), 0.8),
  filled('shade', ellipse(69.2, -62, 3, 2.4), '#1d1719'),
  ...eye(55, -70, 1.8),
];

export const elephant: Motif = ({ colour }) => {
  const ear = smooth('34,-94 18,-96 6,-82 8,-62 20,-50 31,-62 36,-78');
  return [
    ...quadruped(
      {
        back: 88,
        half: 40,
        chest: 31,
        loin: 29,
        leg: 12.5,
        neck: '24,-66,27 38,-76,22 46,-78,18',
        head: '36,-80,17 50,-78,18.5 60,-64,11 66,-46,7.6 68,-28,5.8 66,-14,4.6 73,-7,3.6',
        tail: '-38,-70,2 -47,-58,1.8 -50,-42,1.5 -51,-34,3',
      },
      colour,
    ),
    filled('thing', tube('56,-58,3 66,-48,3 77,-46,2.4 84,-50,0.8'), '#f7efdc'),
    filled('thing', ear, downward(-96, -50, lighten(colour, 0.1), darken(colour, 0.18))),
    filled('shade', smooth('30,-88 19,-89 12,-80 14,-66 21,-59 28,-68'), '#c99a9d', 0.35),
    ...eye(53, -82, 1.9),
    ...[-33, 31].flatMap((x) =>
      [-5, 0, 5].map((dx) => filled('shade', ellipse(x + dx, -1.8, 1.8, 1.6), lighten(colour, 0.4), 0.7)),
    ),
    ...[-40, -34, -28].map((y) =>
      stroked(
        curve([
          [61.5, y],
          [67, y + 1.4],
          [73, y - 0.4],
        ]),
        darken(colour, 0.35),
        0.7,
        0.6,
      ),
    ),
  ];
};

export const sheep: Motif = ({ colour, random }) => {
  const wool: Drawn[] = [];
  for (let i = 0; i < 13; i++) {
    const angle = (i / 13) * Math.PI * 2;
    wool.push(
      filled(
        'thing',
        blob(random, Math.cos(angle) * 33, -50 + Math.sin(angle) * 21, 15, 14, 0.08),
        downward(-88, -16, lighten(colour, 0.3), colour, darken(colour, 0.22)),
      ),
    );
  }
  const face = '#3c3336';
  return [
    ...[-22, -12, 14, 24].map((x) =>
      filled(
        'thing',
        tube([
          [x, -34, 4],
          [x, -16, 3.4],
          [x, 0, 3.4],
        ]),
        face,
      ),
    ),
    body(
      ...wool,
      filled('thing', ellipse(0, -50, 36, 24), downward(-88, -16, lighten(colour, 0.3), colour, darken(colour, 0.22))),
    ),
    body(filled('thing', smooth('33,-74 45,-76 53,-64 56,-50 50,-44 42,-50 35,-60'), face)),
    filled('thing', tube('35,-70,3 27,-66,4 22,-60,2'), face),
    filled('thing', blob(random, 38, -78, 11, 8, 0.1), lighten(colour, 0.1)),
    ...eye(46, -66, 2),
  ];
};

export const camel: Motif = ({ colour, random }) => [
  ...quadruped(
    {
      back: 66,
      half: 34,
      chest: 16,
      loin: 13,
      leg: 5.8,
      neck: '28,-52,11 41,-52,8 49,-66,6.2 51,-84,5.6 52,-92,5.4',
      head: '49,-92,5 56,-94,6 65,-90,4.4 71,-87.5,3.6',
      tail: '-33,-56,2 -40,-46,1.6 -41,-34,2.6',
    },
    colour,
  ),
  body(
    filled(
      'thing',
      smooth('-20,-60 -11,-78 -1,-90 9,-78 18,-60 0,-54'),
      downward(-90, -54, lighten(colour, 0.16), colour),
    ),
  ),
  filled('thing', smooth('-16,-67 0,-92 14,-67 17,-48 0,-43 -18,-48'), random.pick(['#b8443f', '#2d7f86', '#8a4a8f'])),
  ...[-62, -55].map((y) =>
    stroked(
      curve([
        [-16, y],
        [0, y + 3],
        [15, y],
      ]),
      '#f2c75c',
      2,
    ),
  ),
  filled('thing', ellipse(51, -99, 2.2, 3.4), darken(colour, 0.2)),
  ...eye(57.5, -95.4, 1.6),
];
