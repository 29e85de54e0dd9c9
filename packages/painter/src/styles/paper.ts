import { type Hex, toRgb } from '../colour.ts';
import { noiseField, smoothstep } from './noise.ts';
import { blank, type Raster } from './raster.ts';
import { MARGIN } from './style.ts';

/** How far a pixel lies inside the frame, 0 (paper) to 1 (picture), with an edge as rough and soft as asked, in units. */
export function frameMask(size: number, seed: string, rough: number, soft: number): Float32Array {
  const mask = new Float32Array(size * size);
  const edge = noiseField(size, 26, `${seed}/frame`, 3);
  const unit = 1000 / size;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [ux, uy] = [(x + 0.5) * unit, (y + 0.5) * unit];
      const inside = Math.min(ux - MARGIN.side, 1000 - MARGIN.side - ux, uy - MARGIN.side, 1000 - MARGIN.foot - uy);
      const wobble = ((edge[y * size + x] ?? 0.5) - 0.5) * 2 * rough;
      mask[y * size + x] = smoothstep(-soft, soft, inside + wobble);
    }
  }
  return mask;
}

/** A sheet of paper: its colour, with fibres and tooth. */
export function paper(size: number, seed: string, colour: Hex, tooth: number): Raster {
  const sheet = blank(size);
  const [red, green, blue] = toRgb(colour);
  const fine = noiseField(size, 190, `${seed}/tooth`, 2);
  const broad = noiseField(size, 6, `${seed}/cast`, 2);
  for (let i = 0, p = 0; i < fine.length; i++, p += 3) {
    const shade = 1 + ((fine[i] ?? 0.5) - 0.5) * tooth + ((broad[i] ?? 0.5) - 0.5) * 0.035;
    sheet.data[p] = red * shade;
    sheet.data[p + 1] = green * shade;
    sheet.data[p + 2] = blue * shade;
  }
  return sheet;
}
