import type { Raster } from '../styles/raster.ts';

/** A square of values, three a pixel. */
export interface Plane {
  readonly size: number;
  readonly data: Float32Array;
}

/** A picture split by fineness: the coarsest rest, and what each finer level adds to the one below. Coarsest first. */
export type Bands = readonly Plane[];

/** Edge of the coarsest level. */
const COARSEST = 8;

const plane = (size: number): Plane => ({ size, data: new Float32Array(size * size * 3) });

function halved({ size, data }: Plane): Plane {
  const out = plane(size / 2);
  const row = size * 3;
  let at = 0;
  for (let y = 0; y < out.size; y++) {
    for (let x = 0; x < out.size; x++) {
      const p = y * 2 * row + x * 6;
      for (let c = 0; c < 3; c++) {
        out.data[at++] =
          ((data[p + c] ?? 0) + (data[p + c + 3] ?? 0) + (data[p + c + row] ?? 0) + (data[p + c + row + 3] ?? 0)) / 4;
      }
    }
  }
  return out;
}

/** Every pixel becomes four, blended with its neighbours at 3:1, so that no blocks show. Writes into `out`. */
export function doubled({ size, data }: Plane, out: Plane): void {
  const row = size * 3;
  const wide = row * 2;
  for (let y = 0; y < out.size; y++) {
    const from = (y >> 1) * row;
    const beside = Math.min(size - 1, Math.max(0, (y >> 1) + (y & 1 ? 1 : -1))) * row;
    for (let x = 0; x < size; x++) {
      const before = Math.max(0, x - 1) * 3;
      const after = Math.min(size - 1, x + 1) * 3;
      for (let c = 0; c < 3; c++) {
        const middle = (data[from + x * 3 + c] ?? 0) * 3 + (data[beside + x * 3 + c] ?? 0);
        const left = (data[from + before + c] ?? 0) * 3 + (data[beside + before + c] ?? 0);
        const right = (data[from + after + c] ?? 0) * 3 + (data[beside + after + c] ?? 0);
        const at = y * wide + x * 6 + c;
        out.data[at] = (middle * 3 + left) / 16;
        out.data[at + 3] = (middle * 3 + right) / 16;
      }
    }
  }
}

/** Splits a picture into its bands. */
export function split({ size, data }: Raster): Bands {
  let whole: Plane = { size, data: Float32Array.from(data) };
  const finer: Plane[] = [];
  while (whole.size > COARSEST && whole.size % 2 === 0) {
    const half = halved(whole);
    const detail = plane(whole.size);
    doubled(half, detail);
    for (let i = 0; i < detail.data.length; i++) detail.data[i] = (whole.data[i] ?? 0) - (detail.data[i] ?? 0);
    finer.unshift(detail);
    whole = half;
  }
  return [whole, ...finer];
}
