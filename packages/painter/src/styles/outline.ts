import type { Shape } from '../canvas/drawing.ts';
import { type Hex, lightnessOf } from '../colour.ts';

/** The one colour that stands for a shape's paint. */
export function mainColour({ fill, stroke }: Shape): Hex {
  if (!fill) return stroke?.colour ?? '#808080';
  if (typeof fill === 'string') return fill;
  return fill.stops[Math.floor(fill.stops.length / 2)]?.colour ?? '#808080';
}

/** Pupils, noses, doorways: small and dark, they carry a face, so they stay filled. */
export const isDarkAccent = (shape: Shape): boolean =>
  shape.role === 'shade' &&
  typeof shape.fill === 'string' &&
  (shape.opacity ?? 1) > 0.75 &&
  lightnessOf(shape.fill) < 0.36;
