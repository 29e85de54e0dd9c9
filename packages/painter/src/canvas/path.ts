import type { Random } from '../random.ts';
import type { Point } from './drawing.ts';

/** Points as a list, or written as `x,y x,y`, which keeps a drawing's outline on one line. */
export type Outline = readonly Point[] | string;

/** Numbers written as `a,b a,b`, in tuples. */
export const readNumbers = (text: string): number[][] => text.split(' ').map((tuple) => tuple.split(',').map(Number));

const pointsOf = (outline: Outline): readonly Point[] =>
  typeof outline === 'string' ? readNumbers(outline).map(([x = 0, y = 0]): Point => [x, y]) : outline;

/** Coordinates to a tenth of a unit: finer is not seen and makes the text long. */
export const n = (value: number): string => String(Math.round(value * 100) / 100);

const pair = ([x, y]: Point) => `${n(x)} ${n(y)}`;

/** A closed polygon. */
export const polygon = (outline: Outline): string => `M${pointsOf(outline).map(pair).join('L')}Z`;

/** An open line. */
export const polyline = (outline: Outline): string => `M${pointsOf(outline).map(pair).join('L')}`;

export function ellipse(x: number, y: number, rx: number, ry = rx): string {
  return `M${n(x - rx)} ${n(y)}a${n(rx)} ${n(ry)} 0 1 0 ${n(2 * rx)} 0a${n(rx)} ${n(ry)} 0 1 0 ${n(-2 * rx)} 0Z`;
}

export function box(x: number, y: number, width: number, height: number, round = 0): string {
  const r = Math.min(round, width / 2, height / 2);
  if (r <= 0) return `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}Z`;
  const [w, h] = [n(width - 2 * r), n(height - 2 * r)];
  const arc = (dx: number, dy: number) => `a${n(r)} ${n(r)} 0 0 1 ${n(dx)} ${n(dy)}`;
  return `M${n(x + r)} ${n(y)}h${w}${arc(r, r)}v${h}${arc(-r, r)}h-${w}${arc(-r, -r)}v-${h}${arc(r, -r)}Z`;
}

/** Bézier pieces through the points (Catmull–Rom), without the starting `M`. */
function curveThrough(points: readonly Point[], closed: boolean): string {
  const count = points.length;
  const at = (index: number): Point => {
    const wrapped = closed ? (index + count) % count : Math.min(count - 1, Math.max(0, index));
    return points[wrapped] ?? [0, 0];
  };
  let d = '';
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const first: Point = [p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6];
    const second: Point = [p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6];
    d += `C${pair(first)} ${pair(second)} ${pair(p2)}`;
  }
  return d;
}

/** A smooth closed outline through the points. */
export function smooth(outline: Outline): string {
  const points = pointsOf(outline);
  return `M${pair(points[0] ?? [0, 0])}${curveThrough(points, true)}Z`;
}

/** A smooth open line through the points. */
export function curve(outline: Outline): string {
  const points = pointsOf(outline);
  return `M${pair(points[0] ?? [0, 0])}${curveThrough(points, false)}`;
}

/** The ground below a smooth skyline, down to `bottom`. */
export function belowCurve(points: readonly Point[], bottom: number): string {
  const first = points[0] ?? [0, bottom];
  const last = points[points.length - 1] ?? first;
  return `${curve(points)}L${n(last[0])} ${n(bottom)}L${n(first[0])} ${n(bottom)}Z`;
}

/** The ground below an edged skyline, down to `bottom`. */
export function belowLine(points: readonly Point[], bottom: number): string {
  const first = points[0] ?? [0, bottom];
  const last = points[points.length - 1] ?? first;
  return `${polyline(points)}L${n(last[0])} ${n(bottom)}L${n(first[0])} ${n(bottom)}Z`;
}

/** A round outline that no hand could draw exactly: `roughness` 0 is an ellipse. */
export function blob(
  random: Random,
  x: number,
  y: number,
  rx: number,
  ry: number,
  roughness = 0.18,
  corners = 9,
): string {
  const turn = random.range(0, Math.PI);
  const points: Point[] = [];
  for (let i = 0; i < corners; i++) {
    const angle = turn + (i / corners) * Math.PI * 2;
    const reach = 1 + random.bell() * roughness;
    points.push([x + Math.cos(angle) * rx * reach, y + Math.sin(angle) * ry * reach]);
  }
  return smooth(points);
}

/** A stroke that swells in the middle and ends in points, like a leaf or a ripple. */
export function lens(x1: number, y1: number, x2: number, y2: number, thickness: number): string {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [(-dy / length) * thickness, (dx / length) * thickness];
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return `M${n(x1)} ${n(y1)}Q${n(mx + nx)} ${n(my + ny)} ${n(x2)} ${n(y2)}Q${n(mx - nx)} ${n(my - ny)} ${n(x1)} ${n(y1)}Z`;
}

/** A blade that grows from a base of the given width to a point. */
export function blade(x: number, y: number, tipX: number, tipY: number, width: number): string {
  const [bendX, bendY] = [x + (tipX - x) * 0.25, y + (tipY - y) * 0.65];
  return `M${n(x - width / 2)} ${n(y)}Q${n(bendX - width * 0.3)} ${n(bendY)} ${n(tipX)} ${n(tipY)}Q${n(bendX + width * 0.3)} ${n(bendY)} ${n(x + width / 2)} ${n(y)}Z`;
}
