import { darken, type Hex, lighten, mix, multiply, saturate } from '../colour.ts';
import type { Random } from '../random.ts';
import type { SceneDescription } from '../scene-description.ts';
import { COLOURS } from '../vocabulary/colours.ts';
import type { TimeOfDay, Weather } from '../vocabulary/sky.ts';

/** The light of a scene: its sky, and what that does to every colour below. */
export interface Light {
  readonly time: TimeOfDay;
  readonly weather: Weather;
  /** Zenith to horizon. */
  readonly sky: readonly [Hex, Hex, Hex, Hex];
  /** The sun's or moon's own colour, and that of its glow. */
  readonly source: Hex;
  readonly glow: Hex;
  /** What distance fades into. */
  readonly haze: Hex;
  /** How dense the air is, 0–1. */
  readonly air: number;
  readonly dark: boolean;
  /** A thing's colour in this light, near the eye. */
  lit(colour: Hex): Hex;
  /** A colour in this light, `depth` 0 (here) to 1 (the horizon) away. */
  far(colour: Hex, depth: number): Hex;
}

type Sky = readonly [Hex, Hex, Hex, Hex];
interface Hour {
  readonly skies: readonly [Sky, ...Sky[]];
  readonly source: Hex;
  readonly glow: Hex;
  /** Colour of the light on things, and how much of it they take on. */
  readonly ambient: Hex;
  readonly amount: number;
}

const HOURS: Readonly<Record<TimeOfDay, Hour>> = {
  dawn: {
    skies: [
      ['#4d6396', '#a89cc4', '#f5bfae', '#fde6c8'],
      ['#5f7fb0', '#b9b3d3', '#f8cdbd', '#fff0d6'],
      ['#3e5a82', '#8fa3bd', '#f0c6a8', '#fbe7b9'],
    ],
    source: '#fff3d6',
    glow: '#ffd9a8',
    ambient: '#ffd9c4',
    amount: 0.55,
  },
  day: {
    skies: [
      ['#2f83c5', '#6db6e0', '#b4def0', '#e6f5f3'],
      ['#2c8fae', '#74c3d1', '#c3e8df', '#f7f5df'],
      ['#3d74bd', '#7fb0e2', '#c6dff2', '#fdf3e3'],
    ],
    source: '#fffbe6',
    glow: '#fff3c4',
    ambient: '#fffaf0',
    amount: 0.4,
  },
  sunset: {
    skies: [
      ['#2c2b63', '#8a3f7d', '#ec6a68', '#ffc27a'],
      ['#21406b', '#8f5a8c', '#f58a6b', '#ffd98f'],
      ['#4a2a5e', '#b8476b', '#fb8553', '#ffd27a'],
      ['#12485f', '#5f8a8c', '#f2a868', '#fbdc9a'],
    ],
    source: '#fff0b8',
    glow: '#ffb45e',
    ambient: '#ffac7c',
    amount: 0.72,
  },
  dusk: {
    skies: [
      ['#12183f', '#383a77', '#8f5f97', '#f0a48f'],
      ['#0f2440', '#2f5275', '#7f86a3', '#f2bd9a'],
      ['#1b1440', '#4a3278', '#a0558c', '#f28f80'],
    ],
    source: '#fdebd0',
    glow: '#f4a98c',
    ambient: '#8078b8',
    amount: 0.78,
  },
  night: {
    skies: [
      ['#050a20', '#0d1c43', '#1d3a69', '#4a6f9a'],
      ['#080722', '#19164a', '#392e70', '#75578f'],
      ['#04121f', '#0a2b42', '#175062', '#4d8a8a'],
    ],
    source: '#fbf4dc',
    glow: '#bcd0f2',
    ambient: '#4a64a8',
    amount: 0.82,
  },
};

const GREYS: Partial<Record<Weather, { readonly grey: Hex; readonly amount: number; readonly air: number }>> = {
  cloudy: { grey: '#b3bcc6', amount: 0.5, air: 0.35 },
  rain: { grey: '#8797a5', amount: 0.62, air: 0.45 },
  storm: { grey: '#3d4657', amount: 0.72, air: 0.3 },
  snow: { grey: '#cdd6e2', amount: 0.55, air: 0.5 },
  fog: { grey: '#d3d8da', amount: 0.55, air: 0.85 },
};

function skyOf(hour: Hour, random: Random, scene: SceneDescription, weather: Weather, dark: boolean): Sky {
  let sky = random.pick(hour.skies);
  const tint = scene.tints.sky === undefined ? undefined : COLOURS[scene.tints.sky];
  if (tint) {
    const tinted = dark ? darken(tint, 0.45) : tint;
    sky = [
      mix(sky[0], darken(tinted, 0.35), 0.75),
      mix(sky[1], tinted, 0.75),
      mix(sky[2], lighten(tinted, 0.35), 0.7),
      mix(sky[3], lighten(tinted, 0.65), 0.6),
    ];
  }
  const veil = GREYS[weather];
  if (!veil) return sky;
  const grey = dark ? darken(veil.grey, 0.62) : veil.grey;
  const dull = (colour: Hex, strength: number) => mix(saturate(colour, 0.75), grey, veil.amount * strength);
  return [dull(sky[0], 1), dull(sky[1], 1), dull(sky[2], 0.9), dull(sky[3], 0.7)];
}

/** The light a scene asks for; what it leaves open the seed decides. */
export function lightOf(scene: SceneDescription, random: Random): Light {
  const starry = scene.subjects.some(
    ({ kind }) => kind === 'star' || kind === 'aurora' || kind === 'moon' || kind === 'comet',
  );
  const bright = scene.subjects.some(({ kind }) => kind === 'rainbow');
  const open = random.pick(['dawn', 'day', 'sunset', 'sunset', 'dusk', 'day'] as const);
  const time = scene.time ?? (starry ? 'night' : bright ? 'day' : open);
  const hour = HOURS[time];
  const weather = scene.weather ?? 'clear';
  const dark = time === 'night' || (time === 'dusk' && weather === 'storm');
  const sky = skyOf(hour, random, scene, weather, dark);
  const veil = GREYS[weather];
  const haze = mix(sky[3], sky[2], time === 'night' ? 0.55 : 0.35);
  const air = veil?.air ?? 0.12;
  const lit = (colour: Hex) => {
    const shone = mix(colour, multiply(colour, hour.ambient), hour.amount);
    return veil ? mix(saturate(shone, 1 - veil.amount * 0.35), haze, 0.05 + air * 0.12) : shone;
  };
  const far = (colour: Hex, depth: number) =>
    mix(lit(colour), haze, Math.min(0.94, depth ** 0.85 * (0.78 + air * 0.3)));
  return { time, weather, sky, source: hour.source, glow: hour.glow, haze, air, dark, lit, far };
}
