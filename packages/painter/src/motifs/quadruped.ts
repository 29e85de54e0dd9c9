import { type Drawn, downward, filled } from '../canvas/drawing.ts';
import { ellipse } from '../canvas/path.ts';
import { type Spine, tube } from '../canvas/tube.ts';
import { darken, type Hex, lighten, mix } from '../colour.ts';
import { body } from './motif.ts';

/** Measures of an animal on four legs, seen from the side, facing right. */
export interface Build {
  /** Height of the back. */
  readonly back: number;
  /** Half the length of the trunk, and half its thickness at chest and loin. */
  readonly half: number;
  readonly chest: number;
  readonly loin: number;
  /** Half width of a leg at the top; it tapers. */
  readonly leg: number;
  /** Neck and head as ribs; the first lies in the shoulder. */
  readonly neck: Spine;
  readonly head: Spine;
  readonly tail: Spine;
}

function leg(x: number, top: number, half: number, bend: number): string {
  return tube([
    [x, top, half * 1.25],
    [x + bend * 0.4, top * 0.62, half * 0.85],
    [x - bend * 0.25, top * 0.3, half * 0.5],
    [x, -4, half * 0.48],
    [x, -0.3, half * 0.58],
  ]);
}

/** Trunk, legs, neck, head and tail of a four-legged animal as one body, lit from above. */
export function quadruped(build: Build, colour: Hex, belly: Hex = mix(colour, '#fff4e0', 0.25)): Drawn[] {
  const { back, half, chest, loin } = build;
  const middle = -(back - chest);
  const far = darken(colour, 0.3);
  const coat = downward(-back - chest * 0.4, middle + chest * 1.6, lighten(colour, 0.14), colour, darken(colour, 0.2));
  const trunk = tube([
    [-half * 1.1, middle - 1, loin * 0.3],
    [-half * 0.94, middle - 1, loin * 0.82],
    [-half * 0.66, middle - 1, loin * 1.05],
    [0, middle + 1, (loin + chest) * 0.48],
    [half * 0.62, middle, chest],
    [half, middle - 2, chest * 0.72],
  ]);
  const legTop = middle + chest * 0.1;
  return [
    body(
      filled('thing', leg(-half * 0.56, legTop, build.leg, -4), far),
      filled('thing', leg(half * 0.56, legTop, build.leg, 3), far),
    ),
    body(
      filled('thing', tube(build.tail), colour),
      filled('thing', leg(-half * 0.84, legTop, build.leg * 1.12, -5), coat),
      filled('thing', leg(half * 0.78, legTop, build.leg, 4), coat),
      filled('thing', trunk, coat),
      filled('thing', tube(build.neck), coat),
      filled('thing', tube(build.head), coat),
    ),
    filled('shade', ellipse(half * 0.05, middle + chest * 0.78, half * 0.62, chest * 0.2), belly, 0.16),
  ];
}

/** An eye with a spark. */
export const eye = (x: number, y: number, size: number): Drawn[] => [
  filled('shade', ellipse(x, y, size), '#1d1a1f'),
  filled('light', ellipse(x + size * 0.3, y - size * 0.35, size * 0.32), '#ffffff', 0.9),
];
