import { createRandom, type Random } from '../random.ts';
import { noiseField } from './noise.ts';
import { blank, blurPlane, blurred, lightness, type Raster } from './raster.ts';
import type { Style } from './style.ts';

/** One canvas being painted: its colours, and how thick the paint lies. */
interface Canvas {
  readonly picture: Raster;
  readonly relief: Float32Array;
}

/** Direction of the brush at each pixel: along edges where there are some, else with a flow of its own. */
function directions(light: Float32Array, size: number, seed: string): Float32Array {
  const soft = blurPlane(light, size, size / 100);
  const flow = noiseField(size, 3.2, `${seed}/flow`, 2);
  const turn = new Float32Array(size * size);
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      const i = y * size + x;
      const dx = (soft[i + 1] ?? 0) - (soft[i - 1] ?? 0);
      const dy = (soft[i + size] ?? 0) - (soft[i - size] ?? 0);
      turn[i] = Math.hypot(dx, dy) > 0.006 ? Math.atan2(dx, -dy) : ((flow[i] ?? 0.5) - 0.5) * 5.2;
    }
  }
  return turn;
}

/** Lays one stroke: bristles along a bent line, one colour with small differences between bristles. */
function stroke(
  canvas: Canvas,
  from: Raster,
  turn: Float32Array,
  x: number,
  y: number,
  radius: number,
  random: Random,
): void {
  const { size, data } = canvas.picture;
  const at = (Math.round(y) * size + Math.round(x)) * 3;
  const jitter = random.bell() * 15;
  const [r, g, b] = [
    (from.data[at] ?? 0) + jitter,
    (from.data[at + 1] ?? 0) + jitter * 0.8,
    (from.data[at + 2] ?? 0) + jitter * 0.6,
  ];
  const angle = (turn[at / 3] ?? 0) + random.bell() * 0.25;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const long = radius * 2.9;
  const bend = random.bell() * 0.12;
  for (let v = -radius; v <= radius; v += 0.75) {
    const bristle = random.range(-11, 11);
    const reach = long * Math.sqrt(1 - (v / (radius + 0.5)) ** 2) * random.range(0.8, 1);
    for (let u = -reach; u <= reach; u += 0.75) {
      const w = v + (bend * u * u) / long;
      const px = Math.round(x + u * cos - w * sin);
      const py = Math.round(y + u * sin + w * cos);
      if (px < 0 || py < 0 || px >= size || py >= size) continue;
      const i = py * size + px;
      data[i * 3] = r + bristle;
      data[i * 3 + 1] = g + bristle;
      data[i * 3 + 2] = b + bristle;
      canvas.relief[i] = bristle + radius * 1.2;
    }
  }
}

function differs(canvas: Raster, wanted: Raster, x: number, y: number): number {
  const p = (Math.round(y) * canvas.size + Math.round(x)) * 3;
  let sum = 0;
  for (let c = 0; c < 3; c++) sum += Math.abs((canvas.data[p + c] ?? 0) - (wanted.data[p + c] ?? 0));
  return sum;
}

/** Strokes of one brush over the whole canvas, only where the picture is not yet near enough. */
function layer(
  canvas: Canvas,
  colour: Raster,
  turn: Float32Array,
  radius: number,
  tolerance: number,
  random: Random,
): void {
  const { size } = colour;
  const wanted = blurred(colour, radius * 0.5);
  const gap = radius * 1.3;
  const places: [number, number][] = [];
  for (let y = gap / 2; y < size - 1; y += gap) {
    for (let x = gap / 2; x < size - 1; x += gap) {
      places.push([
        Math.min(size - 2, Math.max(1, x + random.bell() * gap * 0.6)),
        Math.min(size - 2, Math.max(1, y + random.bell() * gap * 0.6)),
      ]);
    }
  }
  for (let i = places.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    const [one, other] = [places[i], places[j]];
    if (one && other) [places[i], places[j]] = [other, one];
  }
  for (const [x, y] of places)
    if (differs(canvas.picture, wanted, x, y) > tolerance) stroke(canvas, wanted, turn, x, y, radius, random);
}

/** Thick paint in visible strokes, large ones first, lit from the upper left. */
export const oil: Style = {
  caption: { ink: '#fff6e2', on: 'picture' },
  finish: ({ colour, seed }) => {
    const { size } = colour;
    const canvas: Canvas = { picture: blurred(colour, size / 40), relief: new Float32Array(size * size) };
    const turn = directions(lightness(colour), size, seed);
    const random = createRandom(`${seed}/brush`);
    for (const [part, tolerance] of [
      [0.017, -1],
      [0.0095, 22],
      [0.005, 30],
      [0.003, 40],
    ] as const)
      layer(canvas, colour, turn, size * part, tolerance, random);
    const out = blank(size);
    const { relief, picture } = canvas;
    for (let i = 0; i < size * size; i++) {
      const slope = (relief[i] ?? 0) - (relief[Math.max(0, i - size - 1)] ?? 0);
      const shine = Math.min(20, Math.max(-20, slope * 1.05));
      for (let p = i * 3; p < i * 3 + 3; p++) {
        const value = picture.data[p] ?? 0;
        out.data[p] = 128 + (value - 128) * 1.06 + shine;
      }
    }
    return out;
  },
};
