import type { Point } from '../canvas/drawing.ts';
import type { Random } from '../random.ts';

/** Smooth noise in one dimension, about -1 to 1: a few octaves of interpolated chance. */
export function waver(random: Random, octaves = 4): (x: number) => number {
  const tables = Array.from({ length: octaves }, () => Array.from({ length: 64 }, () => random.range(-1, 1)));
  const at = (table: readonly number[], x: number) => {
    const cell = Math.floor(x);
    const t = x - cell;
    const [a, b] = [table[cell & 63] ?? 0, table[(cell + 1) & 63] ?? 0];
    return a + (b - a) * t * t * (3 - 2 * t);
  };
  return (x) => {
    let sum = 0;
    let [size, rate, whole] = [1, 1, 0];
    for (const table of tables) {
      sum += size * at(table, x * rate + 7.3 * rate);
      whole += size;
      size *= 0.5;
      rate *= 2.03;
    }
    return sum / whole;
  };
}

/** A skyline as a height for every x. */
export type Skyline = (x: number) => number;

/** Soft rolling ground about `y`. */
export function rolling(random: Random, y: number, height: number, length: number): Skyline {
  const noise = waver(random, 3);
  return (x) => y + noise(x / length) * height;
}

/** Points along a skyline, a little wider than the canvas. */
export function trace(skyline: Skyline, step: number, from = -40, to = 1040): Point[] {
  const points: Point[] = [];
  for (let x = from; x <= to + step / 2; x += step) points.push([x, skyline(x)]);
  return points;
}

/** An edged ridge with real summits: corners of a mountain range from left to right, midpoints displaced. */
export function ridge(random: Random, y: number, height: number, summits: number): Point[] {
  let points: Point[] = [[-80, y - height * random.range(0.1, 0.5)]];
  const gap = 1160 / summits;
  for (let i = 0; i < summits; i++) {
    const x = -80 + gap * (i + 0.5) + random.bell() * gap * 0.22;
    points.push([x, y - height * random.range(0.55, 1)]);
    if (i < summits - 1) points.push([x + gap * (0.5 + random.bell() * 0.1), y - height * random.range(0.12, 0.4)]);
  }
  points.push([1080, y - height * random.range(0.1, 0.5)]);
  for (let round = 0; round < 3; round++) points = displaced(points, random, height * 0.085 * 0.55 ** round);
  return points;
}

function displaced(points: readonly Point[], random: Random, amount: number): Point[] {
  const finer: Point[] = [];
  points.forEach((point, index) => {
    finer.push(point);
    const next = points[index + 1];
    if (next)
      finer.push([
        (point[0] + next[0]) / 2 + random.bell() * amount * 0.4,
        (point[1] + next[1]) / 2 + random.bell() * amount,
      ]);
  });
  return finer;
}

/** Height of a polyline skyline at x. */
export function heightAt(points: readonly Point[], x: number): number {
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    if (a && b && x <= b[0]) return a[1] + ((b[1] - a[1]) * (x - a[0])) / Math.max(0.001, b[0] - a[0]);
  }
  return points[points.length - 1]?.[1] ?? 0;
}
