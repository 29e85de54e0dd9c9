import { across, type Drawn, downward, filled, glow } from '../canvas/drawing.ts';
import { box, ellipse, n, polygon, smooth } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import type { Motif } from './motif.ts';

/** A window, shining when it is dark. */
export function windowAt(x: number, y: number, width: number, height: number, dark: boolean, round = 0): Drawn[] {
  if (!dark)
    return [
      filled('shade', box(x, y, width, height, round), '#3f5468', 0.85),
      filled('shade', box(x, y, width, height * 0.4, round), '#a9c9da', 0.5),
    ];
  const [cx, cy] = [x + width / 2, y + height / 2];
  return [
    filled('light', ellipse(cx, cy, height * 1.5), glow([cx, cy], height * 1.5, '#ffbf5e', 0.45)),
    filled('light', box(x, y, width, height, round), '#ffd98a'),
  ];
}

const wall = (left: number, right: number, colour: Hex) =>
  across(left, right, lighten(colour, 0.1), darken(colour, 0.24));

export const house: Motif = ({ colour, random, dark, season }) => {
  const roof = random.pick(['#a8483c', '#8a4a3c', '#4d5f73', '#7a5a48', '#37566b']);
  const snow = season === 'winter';
  const smoke: Drawn[] = [0, 1, 2, 3].map((i) =>
    filled('mist', ellipse(25 + i * 5 + i * i, -104 - i * 12, 5 + i * 3.4), '#f2f0ee', 0.32 - i * 0.06),
  );
  return [
    filled('thing', box(20, -98, 9, 26), darken(roof, 0.25)),
    ...smoke,
    filled('thing', polygon('-38,0 -38,-48 -10,-84 16,-48 16,0'), wall(-38, 20, colour)),
    filled('thing', polygon('16,0 16,-48 46,-48 46,0'), darken(colour, 0.22)),
    filled('thing', polygon('-10,-90 34,-90 54,-44 17,-44'), across(-10, 54, lighten(roof, 0.08), darken(roof, 0.16))),
    filled('thing', polygon('-10,-92 -7,-86 -40,-40 -46,-42'), snow ? '#f5f8fc' : lighten(roof, 0.12)),
    filled('thing', polygon('-10,-92 -13,-86 16,-42 22,-44'), snow ? '#e6edf5' : darken(roof, 0.12)),
    ...(snow ? [filled('shade', polygon('-10,-92 34,-92 46,-62 34,-66 26,-60 14,-66 6,-60'), '#f5f8fc')] : []),
    filled('thing', box(-18, -27, 14, 27, 2), '#7a4a34'),
    filled('shade', ellipse(-7, -13, 1), '#f0cf7a'),
    ...windowAt(-33, -36, 10, 13, dark),
    ...windowAt(0, -36, 10, 13, dark),
    ...windowAt(-14, -62, 9, 11, dark, 4.5),
    ...windowAt(26, -34, 11, 13, dark),
    filled('shade', smooth('-46,1 -40,-6 -30,-4 -24,-8 -18,1'), '#5c8a4c', 0.9),
    filled('shade', smooth('20,1 26,-7 36,-5 44,-8 52,1'), '#4c7a44', 0.9),
  ];
};

function tower(x: number, width: number, tall: number, colour: Hex, roof: Hex | undefined, dark: boolean): Drawn[] {
  const top = -tall;
  const merlons = Array.from({ length: 4 }, (_, i) =>
    filled('thing', box(x - width * 0.6 + i * width * 0.333, top - 5, width * 0.2, 6), colour),
  );
  const cap: Drawn[] = roof
    ? [
        filled(
          'thing',
          polygon([
            [x - width * 0.72, top - 3],
            [x, top - width * 1.7],
            [x + width * 0.72, top - 3],
          ]),
          across(x - width * 0.7, x + width * 0.7, lighten(roof, 0.15), darken(roof, 0.28)),
        ),
        filled(
          'thing',
          polygon([
            [x, top - width * 1.7],
            [x, top - width * 1.7 - 9],
            [x + 8, top - width * 1.7 - 6.5],
            [x, top - width * 1.7 - 4],
          ]),
          '#d8463f',
        ),
      ]
    : [];
  return [
    filled('thing', box(x - width / 2, top, width, tall), wall(x - width / 2, x + width / 2, colour)),
    filled('thing', box(x - width * 0.6, top - 1, width * 1.2, 5), lighten(colour, 0.06)),
    ...(roof ? [] : merlons),
    ...cap,
    ...windowAt(x - 1.8, top + 9, 3.6, 8, dark, 1.8),
    ...(tall > 60 ? windowAt(x - 1.8, top + 28, 3.6, 8, dark, 1.8) : []),
  ];
}

export const castle: Motif = ({ colour, random, dark }) => {
  const roof = random.pick(['#41608c', '#8a3d4a', '#4a7a78', '#6a4a86']);
  const far = mix(colour, '#8d97a8', 0.35);
  const courses: Drawn[] = Array.from({ length: 26 }, () =>
    filled(
      'shade',
      box(random.range(-40, 34), random.range(-36, -4), random.range(4, 7), 2.2, 0.6),
      darken(colour, 0.2),
      0.35,
    ),
  );
  return [
    ...tower(-14, 13, 74, far, roof, dark),
    ...tower(17, 12, 66, far, roof, dark),
    ...tower(1, 16, 84, colour, roof, dark),
    filled('thing', box(-46, -38, 92, 39), downward(-38, 0, colour, darken(colour, 0.2))),
    ...Array.from({ length: 12 }, (_, i) => filled('thing', box(-46 + i * 8, -43, 4.6, 6), colour)),
    ...courses,
    ...tower(-44, 17, 56, colour, roof, dark),
    ...tower(44, 17, 52, colour, random.chance(0.5) ? roof : undefined, dark),
    filled('shade', 'M-9 0V-17A9 9 0 0 1 9 -17V0Z', '#2f2630'),
    filled('shade', 'M-7 0V-16A7 7 0 0 1 7 -16V0Z', dark ? '#c98a3f' : '#5a4236'),
    ...windowAt(-27, -27, 4, 9, dark, 2),
    ...windowAt(23, -27, 4, 9, dark, 2),
  ];
};

export const temple: Motif = ({ colour, dark }) => {
  const drawn: Drawn[] = [
    filled('thing', box(-40, -6, 80, 7), '#b5aa9c'),
    filled('thing', box(-33, -10, 66, 5), '#cbbfae'),
  ];
  const roof = '#3f4a57';
  for (let i = 0; i < 4; i++) {
    const [y, half] = [-10 - i * 20, 25 - i * 4.6];
    drawn.push(filled('thing', box(-half, y - 16, half * 2, 16), wall(-half, half, colour)));
    for (const x of [-half + 3, -half * 0.35, half * 0.35 - 3, half - 6])
      drawn.push(filled('shade', box(x, y - 14, 3, 14), darken(colour, 0.35), 0.8));
    drawn.push(...windowAt(-3.5, y - 12, 7, 9, dark));
    const [eave, top] = [half + 17, y - 27];
    drawn.push(
      filled(
        'thing',
        `M${n(-eave)} ${y - 20}Q${n(-half * 0.8)} ${y - 16} ${n(-half * 0.55)} ${top}H${n(half * 0.55)}Q${n(half * 0.8)} ${y - 16} ${n(eave)} ${y - 20}Q${n(half)} ${y - 12} 0 ${y - 13}Q${n(-half)} ${y - 12} ${n(-eave)} ${y - 20}Z`,
        across(-eave, eave, lighten(roof, 0.14), darken(roof, 0.25)),
      ),
    );
  }
  drawn.push(
    filled('thing', polygon('-1.6,-96 1.6,-96 0.4,-118 -0.4,-118'), '#d9b24a'),
    filled('thing', ellipse(0, -104, 3.2), '#d9b24a'),
  );
  return drawn;
};

export const mosque: Motif = ({ colour, dark }) => {
  const lead = '#7d93a3';
  const minaret = (x: number, tall: number): Drawn[] => [
    filled('thing', box(x - 2.2, -tall, 4.4, tall), wall(x - 2.2, x + 2.2, colour)),
    ...[0.52, 0.74, 0.92].map((at) => filled('thing', box(x - 3.8, -tall * at - 1.4, 7.6, 3, 1), lighten(colour, 0.1))),
    filled(
      'thing',
      polygon([
        [x - 2.8, -tall],
        [x, -tall - 17],
        [x + 2.8, -tall],
      ]),
      darken(lead, 0.1),
    ),
  ];
  const dome = (x: number, y: number, r: number): Drawn[] => [
    filled(
      'thing',
      `M${n(x - r)} ${y}C${n(x - r)} ${n(y - r * 1.15)} ${n(x + r)} ${n(y - r * 1.15)} ${n(x + r)} ${y}Z`,
      across(x - r, x + r, lighten(lead, 0.25), darken(lead, 0.3)),
    ),
    filled('thing', box(x - 0.6, y - r * 0.86 - r * 0.3 - 1, 1.2, r * 0.34 + 1), '#d9b24a'),
  ];
  return [
    ...minaret(-56, 88),
    ...minaret(56, 88),
    ...minaret(-40, 100),
    ...minaret(40, 100),
    filled('thing', box(-44, -34, 88, 35), downward(-34, 0, colour, darken(colour, 0.16))),
    ...dome(-30, -34, 11),
    ...dome(30, -34, 11),
    filled('thing', box(-22, -44, 44, 12), lighten(colour, 0.04)),
    ...dome(-20, -42, 13),
    ...dome(20, -42, 13),
    filled('thing', box(-22, -56, 44, 14, 3), colour),
    ...dome(0, -55, 24),
    ...Array.from({ length: 7 }, (_, i) => windowAt(-19 + i * 5.9, -53, 3, 6, dark, 1.5)).flat(),
    ...Array.from({ length: 6 }, (_, i) => windowAt(-38 + i * 14, -25, 5, 11, dark, 2.5)).flat(),
    filled('shade', 'M-6 0V-12A6 6 0 0 1 6 -12V0Z', '#4a3a34'),
  ];
};

export const lighthouse: Motif = ({ colour, dark }) => {
  const bands: Drawn[] = [0, 1, 2].map((i) => {
    const [top, bottom] = [-70 + i * 24, -58 + i * 24];
    const half = (y: number) => 7 + ((y + 76) / 76) * 5.5;
    return filled(
      'shade',
      polygon([
        [-half(top), top],
        [half(top), top],
        [half(bottom), bottom],
        [-half(bottom), bottom],
      ]),
      across(-12, 12, lighten(colour, 0.08), darken(colour, 0.3)),
    );
  });
  return [
    ...(dark
      ? [
          filled('light', polygon('0,-86 -330,-128 -330,-62'), {
            kind: 'linear',
            from: [0, 0],
            to: [-330, 0],
            stops: [
              { at: 0, colour: '#ffefb8', opacity: 0.75 },
              { at: 1, colour: '#ffefb8', opacity: 0 },
            ],
          }),
        ]
      : []),
    filled('thing', smooth('-52,8 -44,-4 -26,-8 -8,-12 16,-9 36,-5 52,8'), downward(-12, 8, '#7b736c', '#4d4844')),
    filled('thing', box(14, -22, 24, 16), wall(14, 38, '#efe6d6')),
    filled('thing', polygon('11,-21 26,-33 41,-21'), colour),
    ...windowAt(23, -18, 6, 7, dark),
    filled('thing', polygon('-7,-76 7,-76 12.5,-6 -12.5,-6'), across(-12, 12, '#fbf6ec', '#c3bcb2')),
    ...bands,
    filled('thing', box(-10, -79, 20, 4, 1), '#3a3f49'),
    filled('light', box(-5, -92, 10, 13), '#ffe9a3'),
    ...(dark ? [filled('light', ellipse(0, -86, 46), glow([0, -86], 46, '#ffe39a', 0.9))] : []),
    filled('thing', polygon('-8,-91 0,-101 8,-91'), colour),
    ...[-5, 0, 5].map((x) => filled('shade', box(x - 0.5, -92, 1, 13), '#3a3f49')),
  ];
};

export const windmill: Motif = ({ colour, random, dark }) => {
  const turn = random.range(0, Math.PI / 2);
  const sails = [0, 1, 2, 3].flatMap((i): Drawn[] => {
    const a = turn + (i * Math.PI) / 2;
    const at = (r: number, s: number): [number, number] => [
      Math.cos(a) * r - Math.sin(a) * s,
      -70 + Math.sin(a) * r + Math.cos(a) * s,
    ];
    const slats = [16, 24, 32, 40].map((r) =>
      filled('shade', polygon([at(r, 0), at(r, 9), at(r + 1, 9), at(r + 1, 0)]), '#6b4a34', 0.8),
    );
    return [
      filled('thing', polygon([at(10, 0.5), at(10, 9), at(47, 9), at(47, 0.5)]), '#f7efdf', 0.92),
      ...slats,
      filled(
        'thing',
        tube([
          [...at(0, 0), 1.4],
          [...at(24, 0), 1.2],
          [...at(48, 0), 0.9],
        ]),
        '#5a3e2c',
      ),
    ];
  });
  return [
    filled('thing', polygon('-13,-66 13,-66 21,0 -21,0'), wall(-20, 20, colour)),
    filled('thing', smooth('-15,-64 -12,-78 0,-84 12,-78 15,-64'), '#8a4f3c'),
    filled('thing', box(-6, -17, 12, 17, 5), '#6b4634'),
    ...windowAt(-3.5, -44, 7, 9, dark, 3),
    ...sails,
    filled('thing', ellipse(0, -70, 3), '#4a3324'),
  ];
};

export const tent: Motif = ({ colour, dark }) => [
  ...(dark ? [filled('light', ellipse(0, -30, 90), glow([0, -30], 90, '#ffb75e', 0.6))] : []),
  filled('thing', polygon('-6,-88 62,-70 74,0 40,0'), darken(colour, 0.3)),
  filled(
    'thing',
    polygon('-6,-88 -60,0 44,0'),
    dark ? mix(colour, '#ffdf9a', 0.45) : across(-60, 44, lighten(colour, 0.14), darken(colour, 0.08)),
  ),
  filled('shade', polygon('-6,-84 -20,0 8,0'), dark ? '#fff0c0' : darken(colour, 0.6)),
  filled('shade', polygon('-6,-84 8,0 18,0'), lighten(colour, 0.3), 0.8),
];
