import sharp from 'sharp';

/** A square picture in memory: red, green and blue, a byte each, row by row. */
export interface Raster {
  readonly size: number;
  readonly data: Uint8ClampedArray;
}

export const blank = (size: number): Raster => ({ size, data: new Uint8ClampedArray(size * size * 3) });

/** An SVG document as pixels. The work is done in sharp's own threads. */
export async function rasterise(svg: string, size: number): Promise<Raster> {
  const pixels = await sharp(Buffer.from(svg))
    .resize(size, size)
    .flatten({ background: '#000000' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  return { size, data: new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength) };
}

/** Lightness of each pixel, 0–1. */
export function lightness({ size, data }: Raster): Float32Array {
  const light = new Float32Array(size * size);
  for (let i = 0, p = 0; i < light.length; i++, p += 3) {
    light[i] = ((data[p] ?? 0) * 0.299 + (data[p + 1] ?? 0) * 0.587 + (data[p + 2] ?? 0) * 0.114) / 255;
  }
  return light;
}

function blurLine(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  count: number,
  radius: number,
): void {
  const at = (i: number) => from[start + Math.min(count - 1, Math.max(0, i)) * step] ?? 0;
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += at(i);
  const share = 1 / (2 * radius + 1);
  for (let i = 0; i < count; i++) {
    to[start + i * step] = sum * share;
    sum += at(i + radius + 1) - at(i - radius);
  }
}

/** One plane softened: two passes of a box in both directions, close to a Gaussian. */
export function blurPlane(plane: Float32Array, size: number, radius: number): Float32Array {
  const reach = Math.max(1, Math.round(radius));
  const a = Float32Array.from(plane);
  const b = new Float32Array(plane.length);
  for (let pass = 0; pass < 2; pass++) {
    for (let row = 0; row < size; row++) blurLine(a, b, row * size, 1, size, reach);
    for (let column = 0; column < size; column++) blurLine(b, a, column, size, size, reach);
  }
  return a;
}

/** A picture softened. */
export function blurred({ size, data }: Raster, radius: number): Raster {
  const soft = blank(size);
  for (let channel = 0; channel < 3; channel++) {
    const plane = new Float32Array(size * size);
    for (let i = 0; i < plane.length; i++) plane[i] = data[i * 3 + channel] ?? 0;
    const out = blurPlane(plane, size, radius);
    for (let i = 0; i < plane.length; i++) soft.data[i * 3 + channel] = out[i] ?? 0;
  }
  return soft;
}
