import type { Hex } from '../colour.ts';

/** A point of the canvas, which is 1000 units wide and high whatever the picture's size. */
export type Point = readonly [number, number];

export interface Stop {
  /** 0–1 along the gradient. */
  readonly at: number;
  readonly colour: Hex;
  /** Default 1. */
  readonly opacity?: number;
}

export interface LinearGradient {
  readonly kind: 'linear';
  readonly from: Point;
  readonly to: Point;
  readonly stops: readonly Stop[];
}

export interface RadialGradient {
  readonly kind: 'radial';
  readonly centre: Point;
  readonly radius: number;
  readonly stops: readonly Stop[];
}

export type Paint = Hex | LinearGradient | RadialGradient;

/**
 * What a shape is to the picture; styles treat them differently. `light` (glows, rays) and `mist` have no outline,
 * `line` is drawn with a pen and never filled, `shade` models a form that another shape outlines.
 */
export type Role = 'sky' | 'light' | 'mist' | 'land' | 'water' | 'thing' | 'shade' | 'line';

export interface Shape {
  readonly kind: 'shape';
  readonly role: Role;
  /** SVG path data. */
  readonly d: string;
  readonly fill?: Paint;
  readonly stroke?: { readonly colour: Hex; readonly width: number };
  /** Default 1. */
  readonly opacity?: number;
}

export interface Group {
  readonly kind: 'group';
  readonly children: readonly Drawn[];
  /** SVG transform. */
  readonly transform?: string;
  readonly opacity?: number;
  /** Gaussian blur, in units. */
  readonly blur?: number;
  /** Path data; nothing outside it is seen. */
  readonly clip?: string;
  /** Wobble as of a mirror of water, in units, between two heights. */
  readonly ripple?: { readonly reach: number; readonly top: number; readonly bottom: number };
  /** Parts of one body: where lines are drawn, they run round the whole and not between the parts. */
  readonly fused?: boolean;
  /** Left out where lines are drawn instead of surfaces. */
  readonly surfaceOnly?: boolean;
}

export type Drawn = Shape | Group;

/** Rest of a shape beside its role and path. */
export type ShapeLook = Omit<Shape, 'kind' | 'role' | 'd'>;

export const shape = (role: Role, d: string, look: ShapeLook): Shape => ({ kind: 'shape', role, d, ...look });

/** A filled shape of one paint. */
export const filled = (role: Role, d: string, fill: Paint, opacity = 1): Shape => ({
  kind: 'shape',
  role,
  d,
  fill,
  opacity,
});

/** A pen line. */
export const stroked = (d: string, colour: Hex, width: number, opacity = 1): Shape => ({
  kind: 'shape',
  role: 'line',
  d,
  stroke: { colour, width },
  opacity,
});

export const group = (children: readonly Drawn[], look: Omit<Group, 'kind' | 'children'> = {}): Group => ({
  kind: 'group',
  children,
  ...look,
});

/** A gradient downwards from `top` to `bottom`, colours evenly spread. */
export function downward(top: number, bottom: number, ...colours: readonly Hex[]): LinearGradient {
  const last = Math.max(1, colours.length - 1);
  return {
    kind: 'linear',
    from: [0, top],
    to: [0, bottom],
    stops: colours.map((colour, index) => ({ at: index / last, colour })),
  };
}

/** A gradient from left to right. */
export const across = (left: number, right: number, from: Hex, to: Hex): LinearGradient => ({
  kind: 'linear',
  from: [left, 0],
  to: [right, 0],
  stops: [
    { at: 0, colour: from },
    { at: 1, colour: to },
  ],
});

/** Light that fades out evenly from a centre. */
export const glow = (centre: Point, radius: number, colour: Hex, strength: number): RadialGradient => ({
  kind: 'radial',
  centre,
  radius,
  stops: [
    { at: 0, colour, opacity: strength },
    { at: 0.25, colour, opacity: strength * 0.55 },
    { at: 0.6, colour, opacity: strength * 0.14 },
    { at: 1, colour, opacity: 0 },
  ],
});
