import { type Drawn, downward, filled, glow, group, type Point, stroked } from '../canvas/drawing.ts';
import { belowCurve, curve, ellipse, n } from '../canvas/path.ts';
import { tube } from '../canvas/tube.ts';
import { darken, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import { waver } from '../scene/skyline.ts';
import type { Palette } from './palette.ts';

const GROUND = 'M-20 -20H1020V1020H-20Z';

/** Layered waves, each with its own light, behind a low disc. */
export function waves(random: Random, { ground, accents }: Palette): Drawn[] {
  const [a, b, c] = accents;
  const drawn: Drawn[] = [filled('sky', GROUND, downward(0, 900, mix(ground[0], c, 0.25), ground[1], lighten(c, 0.3)))];
  const [x, y, r] = [random.range(280, 720), random.range(230, 400), random.range(90, 150)];
  drawn.push(
    filled('light', ellipse(x, y, r * 3.4), glow([x, y], r * 3.4, lighten(c, 0.5), 0.7)),
    filled('thing', ellipse(x, y, r), downward(y - r, y + r, lighten(c, 0.6), lighten(a, 0.15))),
  );
  const count = 10;
  for (let i = 0; i < count; i++) {
    const t = i / (count - 1);
    const noise = waver(random, 2);
    const level = 330 + t * 600;
    const line: Point[] = [];
    for (let px = -30; px <= 1030; px += 20) line.push([px, level + noise(px / (260 + t * 160) + i) * (150 - t * 60)]);
    const tone =
      t < 0.5 ? mix(lighten(a, 0.35), b, t * 2) : mix(b, darken(mix(b, ground[0], 0.4), 0.55), (t - 0.5) * 2);
    drawn.push(
      group(
        [
          filled(
            'mist',
            belowCurve(
              line.map(([px, py]) => [px, py - 9]),
              1020,
            ),
            darken(tone, 0.6),
            0.3,
          ),
        ],
        { blur: 7, surfaceOnly: true },
      ),
      filled('land', belowCurve(line, 1020), downward(level - 130, level + 190, lighten(tone, 0.2), tone)),
      stroked(curve(line), lighten(tone, 0.45), 1.4, 0.7),
    );
  }
  return drawn;
}

/** Ribbons that follow one invisible current. */
export function currents(random: Random, { ground, accents, dark, line }: Palette): Drawn[] {
  const [sway, swirl] = [waver(random, 2), waver(random, 2)];
  const drawn: Drawn[] = [filled('sky', GROUND, downward(0, 1000, ground[0], ground[1], ground[0]))];
  const focus: Point = [random.range(250, 750), random.range(250, 650)];
  const tones = [...accents, lighten(accents[0], 0.4), darken(accents[1], 0.3), line];
  for (let i = 0; i < 210; i++) {
    let [x, y] = [random.range(-100, 1100), random.range(-100, 1100)];
    const ribs: [number, number, number][] = [];
    const steps = random.int(14, 34);
    const thick = random.next() ** 3 * 17 + 1.4;
    for (let k = 0; k <= steps; k++) {
      const pull = Math.atan2(y - focus[1], x - focus[0]) + Math.PI / 2;
      const near = Math.exp(-Math.hypot(x - focus[0], y - focus[1]) / 420);
      const angle = pull * near * 1.6 + (sway(x / 420) + swirl(y / 420)) * 1.9;
      ribs.push([x, y, Math.max(0.2, thick * Math.sin((Math.PI * k) / steps))]);
      x += Math.cos(angle) * 15;
      y += Math.sin(angle) * 15;
    }
    drawn.push(filled('thing', tube(ribs), tones[random.int(0, tones.length - 1)] ?? line, random.range(0.55, 0.95)));
  }
  drawn.push(
    filled(
      'light',
      ellipse(focus[0], focus[1], 330),
      glow(focus, 330, dark ? lighten(accents[2], 0.4) : '#ffffff', 0.4),
    ),
  );
  return drawn;
}

/** Glass orbs in soft light. */
export function orbs(random: Random, { ground, accents, dark }: Palette): Drawn[] {
  const drawn: Drawn[] = [
    filled('sky', GROUND, {
      kind: 'linear',
      from: [0, 0],
      to: [1000, 1000],
      stops: [
        { at: 0, colour: mix(ground[0], accents[0], 0.35) },
        { at: 0.5, colour: ground[1] },
        { at: 1, colour: mix(ground[0], accents[1], 0.45) },
      ],
    }),
  ];
  const veils = Array.from({ length: 7 }, (_, i) =>
    filled(
      'light',
      ellipse(random.range(0, 1000), random.range(0, 1000), random.range(180, 380)),
      accents[i % 3] ?? ground[1],
      0.3,
    ),
  );
  drawn.push(group(veils, { blur: 80 }));
  const placed: { x: number; y: number; r: number }[] = [];
  for (let tries = 0; tries < 900 && placed.length < 26; tries++) {
    const r =
      placed.length < 1 ? random.range(190, 250) : placed.length < 4 ? random.range(70, 135) : random.range(9, 54);
    const [x, y] =
      placed.length < 1
        ? [random.range(380, 620), random.range(360, 560)]
        : [random.range(r, 1000 - r), random.range(r, 930 - r)];
    if (placed.every((other) => Math.hypot(other.x - x, other.y - y) > other.r + r + 10)) placed.push({ x, y, r });
  }
  placed.forEach(({ x, y, r }, i) => {
    const tone = accents[i % 3] ?? ground[1];
    const shade = darken(mix(tone, accents[(i + 1) % 3] ?? tone, 0.4), dark ? 0.6 : 0.45);
    const ball = {
      kind: 'radial',
      centre: [x - r * 0.36, y - r * 0.4],
      radius: r * 1.55,
      stops: [
        { at: 0, colour: lighten(tone, 0.72) },
        { at: 0.32, colour: lighten(tone, 0.14) },
        { at: 0.72, colour: mix(tone, shade, 0.55) },
        { at: 1, colour: shade },
      ],
    } as const;
    drawn.push(
      group([filled('mist', ellipse(x + r * 0.12, y + r * 0.95, r * 0.85, r * 0.24), darken(ground[1], 0.7), 0.42)], {
        blur: r * 0.14 + 1,
        surfaceOnly: true,
      }),
      filled('thing', ellipse(x, y, r), ball),
      filled(
        'light',
        ellipse(x + r * 0.3, y + r * 0.42, r * 0.5),
        glow([x + r * 0.3, y + r * 0.42], r * 0.5, lighten(accents[(i + 1) % 3] ?? tone, 0.3), 0.55),
      ),
      filled('light', ellipse(x - r * 0.38, y - r * 0.44, r * 0.2, r * 0.13), '#ffffff', 0.75),
    );
    if (i < 3)
      drawn.push(
        stroked(
          `M${n(x - r * 1.5)} ${n(y + r * 0.3)}A${n(r * 1.6)} ${n(r * 0.5)} -14 0 0 ${n(x + r * 1.5)} ${n(y - r * 0.4)}`,
          lighten(tone, 0.6),
          2.2,
          0.8,
        ),
      );
  });
  return drawn;
}

/** Circles of growth round several hearts, like rings of a tree or a garden of stones. */
export function rings(random: Random, { ground, accents, line }: Palette): Drawn[] {
  const drawn: Drawn[] = [filled('sky', GROUND, downward(0, 1000, ground[0], ground[1]))];
  const hearts: Point[] = Array.from({ length: random.int(4, 6) }, () => [
    random.range(60, 940),
    random.range(60, 900),
  ]);
  hearts.forEach(([x, y], nth) => {
    const noise = waver(random, 2);
    const reach = random.range(210, 380);
    for (let k = 17; k > 0; k--) {
      const t = k / 17;
      const points: Point[] = Array.from({ length: 40 }, (_, i) => {
        const a = (i / 40) * Math.PI * 2;
        const r = reach * t * (1 + noise(Math.cos(a) * 1.4 + 3) * 0.16 * t + noise(Math.sin(a) * 1.4 + 11) * 0.12);
        return [x + Math.cos(a) * r, y + Math.sin(a) * r];
      });
      const tone = mix(accents[nth % 3] ?? line, k % 2 ? ground[0] : (accents[(nth + 1) % 3] ?? line), t * 0.75);
      drawn.push(filled('thing', `${curve([...points, points[0] ?? [x, y]])}Z`, tone, 0.92));
    }
    drawn.push(filled('thing', ellipse(x, y, reach * 0.035), line));
  });
  return drawn;
}
