import type { StyleName } from '../vocabulary/styles.ts';
import { flat } from './flat.ts';
import { ink } from './ink.ts';
import { neon } from './neon.ts';
import { oil } from './oil.ts';
import { pixel } from './pixel.ts';
import { riso } from './riso.ts';
import { sepia } from './sepia.ts';
import type { Style } from './style.ts';
import { watercolour } from './watercolour.ts';

/** Every manner of painting by its name. */
export const STYLE_RECIPES: Readonly<Record<StyleName, Style>> = {
  flat,
  watercolour,
  neon,
  sepia,
  pixel,
  ink,
  oil,
  riso,
};
