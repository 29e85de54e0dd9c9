import { createRandom } from '../random.ts';
import { smoothstep } from '../styles/noise.ts';
import { blank, type Raster } from '../styles/raster.ts';
import { type Bands, doubled, type Plane, split } from './bands.ts';

/** Coloured noise with as much of each fineness as the eye expects of a latent's: strong coarse, fainter fine. */
function noiseBands(like: Bands, seed: string): Bands {
  return like.map(({ size, data }, level) => {
    const random = createRandom(`${seed}/${level}`);
    const strength = level === 0 ? 46 : Math.max(11, 52 * 0.8 ** level);
    const values = new Float32Array(data.length);
    for (let i = 0; i < values.length; i++)
      values[i] = (random.next() + random.next() + random.next() - 1.5) * strength * 1.6 + (level === 0 ? 118 : 0);
    return { size, data: values };
  });
}

/** How far a level has come at time `t` (0–1): coarse levels settle first, the finest last. */
function progressOf(level: number, levels: number, t: number): number {
  const fineness = level / Math.max(1, levels - 1);
  const start = fineness * 0.46;
  return smoothstep(start - 0.04, start + 0.54, t);
}

/**
 * A picture coming out of noise as a diffusion model's previews do: at first coloured noise, then large soft forms,
 * then ever finer detail. The last step is the picture itself, byte for byte.
 */
export class Reveal {
  readonly #picture: Raster;
  readonly #bands: Bands;
  readonly #noise: Bands;
  readonly #work: readonly Plane[];

  constructor(picture: Raster, seed: string) {
    this.#picture = picture;
    this.#bands = split(picture);
    this.#noise = noiseBands(this.#bands, seed);
    this.#work = this.#bands.map(({ size }) => ({ size, data: new Float32Array(size * size * 3) }));
  }

  /** The state after `step` of `steps`. */
  at(step: number, steps: number): Raster {
    if (step >= steps) return this.#picture;
    const t = step / steps;
    const levels = this.#bands.length;
    let below: Plane | undefined;
    for (let level = 0; level < levels; level++) {
      const [band, noise, work] = [this.#bands[level], this.#noise[level], this.#work[level]];
      if (!band || !noise || !work) continue;
      if (below) doubled(below, work);
      else work.data.fill(0);
      mixInto(work.data, band.data, noise.data, progressOf(level, levels, t));
      below = work;
    }
    const out = blank(this.#picture.size);
    if (below) out.data.set(below.data);
    return out;
  }
}

/** Adds picture and noise in the given share; the noise fades a little behind the picture's coming, as variances do. */
function mixInto(out: Float32Array, band: Float32Array, noise: Float32Array, share: number): void {
  const rest = Math.sqrt(1 - share) * (1 - share * 0.35);
  for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + (band[i] ?? 0) * share + (noise[i] ?? 0) * rest;
}
