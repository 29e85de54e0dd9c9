import { type Drawn, downward, filled, group } from '../canvas/drawing.ts';
import { ellipse, lens, n } from '../canvas/path.ts';
import { darken, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import type { Light } from './light.ts';

/** A heap cloud: one outline of round heads on a flat foot. */
function heap(random: Random, x: number, y: number, width: number, light: Light, opacity: number): Drawn {
  const heads = random.int(4, 6);
  let d = `M${n(x - width / 2)} ${n(y)}`;
  let left = x - width / 2;
  for (let i = 0; i < heads; i++) {
    const t = (i + 0.5) / heads;
    const span = (width / heads) * random.range(0.85, 1.15);
    const right = i === heads - 1 ? x + width / 2 : left + span;
    const tall = width * (0.1 + 0.26 * Math.sin(t * Math.PI)) * random.range(0.8, 1.2);
    d += `C${n(left - span * 0.12)} ${n(y - tall)} ${n(right + span * 0.12)} ${n(y - tall)} ${n(right)} ${n(i === heads - 1 ? y : y - tall * 0.25)}`;
    left = right;
  }
  d += `Q${n(x)} ${n(y + width * 0.035)} ${n(x - width / 2)} ${n(y)}Z`;
  const bright = light.dark ? mix(light.sky[3], light.glow, 0.3) : lighten(mix(light.glow, '#ffffff', 0.5), 0.35);
  const shade = mix(light.sky[2], light.weather === 'storm' ? darken(light.sky[0], 0.35) : light.sky[1], 0.45);
  return filled('thing', d, downward(y - width * 0.32, y + 6, bright, mix(bright, shade, 0.5), shade), opacity);
}

/** Long thin clouds near the horizon, lit from below at the ends of the day. */
function streaks(random: Random, light: Light, horizon: number): Drawn {
  const drawn: Drawn[] = [];
  for (let i = 0; i < 9; i++) {
    const y = horizon * random.range(0.3, 0.92);
    const [x, half] = [random.range(-50, 1050), random.range(90, 330)];
    const warm = i % 2 ? mix(light.glow, light.sky[3], 0.4) : mix(light.sky[1], light.sky[2], random.next());
    drawn.push(
      filled(
        'mist',
        lens(x - half, y + random.bell() * 8, x + half, y + random.bell() * 8, random.range(5, 17)),
        warm,
        random.range(0.25, 0.6),
      ),
    );
  }
  return group(drawn, { blur: 2.5 });
}

/** A closed cover of cloud. */
function overcast(random: Random, light: Light, horizon: number): Drawn {
  const drawn: Drawn[] = [];
  const heavy = light.weather === 'storm';
  for (let row = 0; row < 6; row++) {
    const y = -20 + (row / 6) * horizon * 0.78;
    for (let i = 0; i < 8; i++) {
      const base = mix(light.sky[0], light.sky[2], (row / 6) * 0.9 + random.range(-0.15, 0.15));
      const tone = random.chance(0.45) ? lighten(base, heavy ? 0.08 : 0.28) : darken(base, heavy ? 0.42 : 0.14);
      drawn.push(
        filled(
          'mist',
          ellipse(random.range(-60, 1060), y + random.range(-20, 40), random.range(90, 220), random.range(22, 58)),
          tone,
          0.42,
        ),
      );
    }
  }
  return group(drawn, { blur: 16 });
}

/** Clouds for the weather, and as many heaps as were asked for. */
export function clouds(random: Random, light: Light, horizon: number, asked: number): Drawn[] {
  const drawn: Drawn[] = [];
  const grey =
    light.weather === 'cloudy' || light.weather === 'rain' || light.weather === 'storm' || light.weather === 'snow';
  if (grey) drawn.push(overcast(random, light, horizon));
  else if (light.time !== 'day' && !light.dark) drawn.push(streaks(random, light, horizon));
  const fair = light.time === 'day' && !grey ? random.int(3, 5) : light.dark || grey ? 0 : random.int(0, 2);
  const count = asked > 0 ? asked : fair;
  for (let i = 0; i < count; i++) {
    const depth = random.next();
    const width = 110 + depth * 230;
    const y = horizon * (0.62 - depth * 0.44) + random.bell() * 20;
    drawn.push(heap(random, ((i + random.range(0.15, 0.85)) / count) * 1000, y, width, light, 0.6 + depth * 0.35));
  }
  return drawn;
}
