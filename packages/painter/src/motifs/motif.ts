import { type Drawn, group } from '../canvas/drawing.ts';
import type { Hex } from '../colour.ts';
import type { Random } from '../random.ts';

/** What a motif is drawn with. */
export interface MotifBrush {
  /** The subject's colour. Light and distance are laid over the drawing afterwards. */
  readonly colour: Hex;
  readonly bright: Hex;
  readonly shade: Hex;
  readonly random: Random;
  /** Whether lamps are lit. */
  readonly dark: boolean;
  /** Whether leaves turn, blossom or carry snow. */
  readonly season: 'spring' | 'summer' | 'autumn' | 'winter';
}

/**
 * Draws one thing 100 units tall, its foot at the origin and y upwards negative; things of the air are centred
 * on (0, -50). It faces right; the composition may turn it round.
 */
export type Motif = (brush: MotifBrush) => Drawn[];

/** Parts of one body. */
export const body = (...parts: readonly Drawn[]): Drawn => group(parts, { fused: true });
