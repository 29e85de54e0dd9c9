import { type Drawn, downward, filled, group, stroked } from '../canvas/drawing.ts';
import { box, ellipse, n, polygon } from '../canvas/path.ts';
import { darken, lighten } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Palette } from './palette.ts';

/** One tile of the grid, a simple form on a plain ground. */
function tile(random: Random, { accents, ground, line }: Palette, x: number, y: number, s: number): Drawn[] {
  const tones = [...accents, ...ground, line];
  const back = tones[random.int(0, tones.length - 1)] ?? line;
  const others = tones.filter((tone) => tone !== back);
  const fore = others[random.int(0, others.length - 1)] ?? line;
  const third = others[random.int(0, others.length - 1)] ?? line;
  const turn = `rotate(${random.int(0, 3) * 90} ${n(x + s / 2)} ${n(y + s / 2)})`;
  const forms: readonly (() => Drawn[])[] = [
    () => [filled('thing', `M${n(x)} ${n(y)}A${n(s)} ${n(s)} 0 0 1 ${n(x + s)} ${n(y + s)}H${n(x)}Z`, fore)],
    () => [
      filled('thing', `M${n(x)} ${n(y)}A${n(s / 2)} ${n(s / 2)} 0 0 0 ${n(x + s)} ${n(y)}Z`, fore),
      filled('thing', `M${n(x)} ${n(y + s / 2)}A${n(s / 2)} ${n(s / 2)} 0 0 0 ${n(x + s)} ${n(y + s / 2)}Z`, third),
    ],
    () => [
      filled('thing', ellipse(x + s / 2, y + s / 2, s * 0.4), fore),
      filled('thing', ellipse(x + s / 2, y + s / 2, s * 0.2), third),
    ],
    () => [
      filled(
        'thing',
        polygon([
          [x, y],
          [x + s, y],
          [x, y + s],
        ]),
        fore,
      ),
    ],
    () =>
      [0.9, 0.68, 0.46, 0.24].map((r, i) =>
        filled(
          'thing',
          `M${n(x)} ${n(y + s)}V${n(y + s - s * r)}A${n(s * r)} ${n(s * r)} 0 0 1 ${n(x + s * r)} ${n(y + s)}Z`,
          i % 2 ? back : fore,
        ),
      ),
    () => [0, 1, 2, 3].map((i) => filled('thing', box(x + (s * i) / 4, y, s / 8, s), fore)),
    () => [
      filled('thing', box(x + s / 2, y, s / 2, s), fore),
      filled('thing', ellipse(x + s / 2, y + s / 2, s * 0.26), third),
    ],
    () =>
      Array.from({ length: 9 }, (_, i) =>
        filled(
          'thing',
          ellipse(x + s * (0.2 + 0.3 * (i % 3)), y + s * (0.2 + 0.3 * Math.floor(i / 3)), s * 0.08),
          fore,
        ),
      ),
  ];
  const form = forms[random.int(0, forms.length - 1)]?.() ?? [];
  return [
    filled('land', box(x, y, s + 0.6, s + 0.6), downward(y, y + s, lighten(back, 0.04), darken(back, 0.05))),
    group([group(form, { transform: turn })], { clip: box(x, y, s, s) }),
  ];
}

/** A wall of simple forms, some tiles larger than others. */
export function bauhaus(random: Random, palette: Palette): Drawn[] {
  const count = random.pick([4, 5, 6]);
  const s = 1000 / count;
  const drawn: Drawn[] = [];
  const taken = new Set<number>();
  for (let at = 0; at < count * count; at++) {
    const [cx, cy] = [at % count, Math.floor(at / count)];
    if (taken.has(at)) continue;
    const fits =
      cx < count - 1 && cy < count - 1 && ![at + 1, at + count, at + count + 1].some((cell) => taken.has(cell));
    const large = fits && random.chance(0.22);
    if (large) for (const cell of [at + 1, at + count, at + count + 1]) taken.add(cell);
    drawn.push(...tile(random, palette, cx * s, cy * s, large ? s * 2 : s));
  }
  return drawn;
}

/** Suprematist: large tilted bars, a disc and a few lines in tension on an empty ground. */
export function tension(random: Random, { ground, accents, line }: Palette): Drawn[] {
  const drawn: Drawn[] = [filled('sky', 'M-20 -20H1020V1020H-20Z', downward(0, 1000, ground[0], ground[1]))];
  const angle = random.range(-50, -20);
  const disc = random.range(130, 210);
  const [x, y] = [random.range(340, 660), random.range(320, 560)];
  drawn.push(
    filled('thing', ellipse(x, y, disc * 1.5), ground[1]),
    filled(
      'thing',
      ellipse(x, y, disc),
      downward(y - disc, y + disc, lighten(accents[0], 0.2), accents[0], darken(accents[0], 0.25)),
    ),
  );
  const bars: Drawn[] = [];
  for (let i = 0; i < 13; i++) {
    const [w, h] = [random.range(60, 470), random.range(8, 58) * (i % 3 ? 0.5 : 1.3)];
    const tone = [...accents, line][i % 4] ?? line;
    bars.push(
      filled(
        'thing',
        box(500 + random.bell() * 330 - w / 2, 500 + random.bell() * 330, w, h),
        tone,
        random.range(0.82, 1),
      ),
    );
  }
  const crossing = Array.from({ length: 6 }, () =>
    stroked(
      `M${n(random.range(-100, 400))} ${n(random.range(0, 1000))}L${n(random.range(600, 1100))} ${n(random.range(0, 1000))}`,
      line,
      random.range(1, 3.4),
      0.8,
    ),
  );
  drawn.push(group(bars, { transform: `rotate(${n(angle)} 500 500)` }), ...crossing);
  for (let i = 0; i < 7; i++)
    drawn.push(
      filled(
        'thing',
        ellipse(random.range(120, 880), random.range(120, 840), random.range(5, 26)),
        accents[i % 3] ?? line,
      ),
    );
  return drawn;
}
