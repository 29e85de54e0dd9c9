import type { Manner } from '../canvas/svg.ts';
import type { Hex } from '../colour.ts';
import type { Raster } from './raster.ts';

/** What a style works from. */
export interface Sheets {
  /** The drawing in colour. */
  readonly colour: Raster;
  /** The drawing in the style's own manner, or the colour again. */
  readonly lines: Raster;
  /** Seeds the style's own chance. */
  readonly seed: string;
}

/** A manner of painting: from plain sheets to the finished surface. */
export interface Style {
  /** How the second sheet is drawn, at the given picture size; none: it is not needed. */
  readonly manner?: (size: number) => Manner;
  /** Pixels to pixels. Pure. */
  readonly finish: (sheets: Sheets) => Raster;
  /** Colour of the caption's letters, and whether they stand on a paper margin or on the picture itself. */
  readonly caption: { readonly ink: Hex; readonly on: 'margin' | 'picture' };
}

/** Units of paper left and right of a framed picture and above it; and below it, where the caption stands. */
export const MARGIN = { side: 46, foot: 96 } as const;
