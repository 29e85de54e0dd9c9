import { createRandom } from '../random.ts';

/** Smooth noise over the plane, 0–1: `cells` lattice cells a side, each octave twice as fine and half as strong. */
export function noiseField(size: number, cells: number, seed: string, octaves = 1): Float32Array {
  const field = new Float32Array(size * size);
  let strength = 1;
  let whole = 0;
  for (let octave = 0; octave < octaves; octave++) {
    addOctave(field, size, cells * 2 ** octave, `${seed}/${octave}`, strength);
    whole += strength;
    strength *= 0.5;
  }
  for (let i = 0; i < field.length; i++) field[i] = (field[i] ?? 0) / whole;
  return field;
}

function addOctave(field: Float32Array, size: number, cells: number, seed: string, strength: number): void {
  const random = createRandom(seed);
  const wide = Math.ceil(cells) + 2;
  const lattice = Float32Array.from({ length: wide * wide }, () => random.next());
  for (let y = 0; y < size; y++) {
    const fy = (y / size) * cells;
    const iy = Math.floor(fy);
    const ty = (fy - iy) ** 2 * (3 - 2 * (fy - iy));
    for (let x = 0; x < size; x++) {
      const fx = (x / size) * cells;
      const ix = Math.floor(fx);
      const tx = (fx - ix) ** 2 * (3 - 2 * (fx - ix));
      const at = iy * wide + ix;
      const [a, b, c, d] = [
        lattice[at] ?? 0,
        lattice[at + 1] ?? 0,
        lattice[at + wide] ?? 0,
        lattice[at + wide + 1] ?? 0,
      ];
      const top = a + (b - a) * tx;
      field[y * size + x] = (field[y * size + x] ?? 0) + strength * (top + (c + (d - c) * tx - top) * ty);
    }
  }
}

/** Grain: independent noise in every pixel, -1 to 1. */
export function grain(size: number, seed: string): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: size * size }, () => random.next() + random.next() - 1);
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
