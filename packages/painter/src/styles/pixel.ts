import type { Rgb } from '../colour.ts';
import { blank, type Raster } from './raster.ts';
import type { Style } from './style.ts';

/** Cells a side of the coarse picture. */
const CELLS = 128;
const COLOURS = 28;
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5] as const;

/** The picture as cells of one colour each: a cell's average. */
function shrink({ size, data }: Raster): Rgb[] {
  const cell = size / CELLS;
  return Array.from({ length: CELLS * CELLS }, (_, at) => {
    const [left, top] = [(at % CELLS) * cell, Math.floor(at / CELLS) * cell];
    const sum: [number, number, number] = [0, 0, 0];
    for (let y = top; y < top + cell; y++) {
      for (let x = left; x < left + cell; x++) {
        const p = (y * size + x) * 3;
        sum[0] += data[p] ?? 0;
        sum[1] += data[p + 1] ?? 0;
        sum[2] += data[p + 2] ?? 0;
      }
    }
    const share = 1 / (cell * cell);
    return [sum[0] * share, sum[1] * share, sum[2] * share];
  });
}

const widest = (cells: readonly Rgb[]): { channel: 0 | 1 | 2; span: number } => {
  const spans = ([0, 1, 2] as const).map((channel) => {
    let [low, high] = [255, 0];
    for (const cell of cells) {
      low = Math.min(low, cell[channel]);
      high = Math.max(high, cell[channel]);
    }
    return { channel, span: high - low };
  });
  return spans.reduce((best, one) => (one.span > best.span ? one : best));
};

/** A palette by median cut: the box of colours that is widest is halved, again and again. */
function palette(cells: readonly Rgb[]): Rgb[] {
  const boxes: Rgb[][] = [[...cells]];
  while (boxes.length < COLOURS) {
    const ranked = boxes.map((box, at) => ({
      at,
      score: box.length > 1 ? widest(box).span * Math.sqrt(box.length) : 0,
    }));
    const { at } = ranked.reduce((best, one) => (one.score > best.score ? one : best));
    const box = boxes[at] ?? [];
    const { channel } = widest(box);
    box.sort((a, b) => a[channel] - b[channel]);
    boxes.splice(at, 1, box.slice(0, box.length >> 1), box.slice(box.length >> 1));
  }
  return boxes
    .filter((box) => box.length > 0)
    .map((box) => {
      const mean = (channel: 0 | 1 | 2) => box.reduce((sum, cell) => sum + cell[channel], 0) / box.length;
      return [mean(0), mean(1), mean(2)];
    });
}

const distance = (a: Rgb, b: Rgb) => 2 * (a[0] - b[0]) ** 2 + 4 * (a[1] - b[1]) ** 2 + 3 * (a[2] - b[2]) ** 2;

/** The screen of an old console: few, large, sharp cells in a small palette, with ordered dithering. */
export const pixel: Style = {
  caption: { ink: '#ffffff', on: 'picture' },
  finish: ({ colour }) => {
    const { size } = colour;
    const cells = shrink(colour).map(([r, g, b]): Rgb => {
      const grey = (r + g + b) / 3;
      return [grey + (r - grey) * 1.18, grey + (g - grey) * 1.18, grey + (b - grey) * 1.18];
    });
    const colours = palette(cells);
    const chosen = cells.map((cell, at) => {
      const shift = ((BAYER[(Math.floor(at / CELLS) % 4) * 4 + (at % 4)] ?? 8) / 16 - 0.5) * 15;
      const wanted: Rgb = [cell[0] + shift, cell[1] + shift, cell[2] + shift];
      return colours.reduce((best, one) => (distance(one, wanted) < distance(best, wanted) ? one : best));
    });
    const out = blank(size);
    const cell = size / CELLS;
    for (let i = 0; i < size * size; i++) {
      const at = Math.floor(Math.floor(i / size) / cell) * CELLS + Math.floor((i % size) / cell);
      const [r, g, b] = chosen[at] ?? [0, 0, 0];
      out.data.set([r, g, b], i * 3);
    }
    return out;
  },
};
