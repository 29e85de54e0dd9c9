import type { Drawn } from '../canvas/drawing.ts';
import { createRandom } from '../random.ts';
import type { SceneDescription } from '../scene-description.ts';
import { bauhaus, tension } from './bauhaus.ts';
import { currents, orbs, rings, waves } from './flowing.ts';
import { paletteFor } from './palette.ts';

/** A picture of nothing in particular: the text's own harmony of colours, in one of several compositions by the seed. */
export function composeAbstract(scene: SceneDescription, text: string, seed: string): Drawn[] {
  const random = createRandom(seed);
  const palette = paletteFor(createRandom(`hue/${text}`), scene.colours);
  const compose = random.pick([waves, orbs, currents, bauhaus, rings, tension, waves, orbs]);
  return compose(random.fork('composition'), palette);
}
