import type { Point } from './drawing.ts';
import { readNumbers, smooth } from './path.ts';

/** A point of a tube's spine and the tube's half width there. */
export type Rib = readonly [x: number, y: number, half: number];

/** A spine as a list, or written as `x,y,half x,y,half`. */
export type Spine = readonly Rib[] | string;

/** A soft limb, tail, neck or trunk: an outline round a spine of varying width. */
export function tube(spine: Spine): string {
  const ribs =
    typeof spine === 'string' ? readNumbers(spine).map(([x = 0, y = 0, half = 0]): Rib => [x, y, half]) : spine;
  const left: Point[] = [];
  const right: Point[] = [];
  ribs.forEach(([x, y, half], index) => {
    const before = ribs[index - 1] ?? [x, y, half];
    const after = ribs[index + 1] ?? [x, y, half];
    const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
    const length = Math.hypot(dx, dy) || 1;
    const [nx, ny] = [(-dy / length) * half, (dx / length) * half];
    left.push([x + nx, y + ny]);
    right.push([x - nx, y - ny]);
  });
  return smooth([...left, ...right.reverse()]);
}
