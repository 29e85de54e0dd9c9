/** A colour as `#rrggbb`. */
export type Hex = string;

/** Red, green, blue, each 0–255. */
export type Rgb = readonly [number, number, number];

export function toRgb(hex: Hex): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export function toHex([red, green, blue]: Rgb): Hex {
  const byte = (value: number) => Math.round(clamp(value, 0, 255));
  return `#${((1 << 24) | (byte(red) << 16) | (byte(green) << 8) | byte(blue)).toString(16).slice(1)}`;
}

/** Lightness, and two colour axes: Björn Ottosson's OKLab, in which mixing looks even. */
type Lab = readonly [number, number, number];

const toLinear = (value: number) => {
  const unit = value / 255;
  return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
};
const fromLinear = (value: number) => 255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);

function toLab(hex: Hex): Lab {
  const [red, green, blue] = toRgb(hex);
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromLab([lightness, a, b]: Lab): Hex {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return toHex([
    fromLinear(Math.max(0, 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)),
    fromLinear(Math.max(0, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)),
    fromLinear(Math.max(0, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)),
  ]);
}

/** `amount` 0 gives `from`, 1 gives `to`. */
export function mix(from: Hex, to: Hex, amount: number): Hex {
  const [l1, a1, b1] = toLab(from);
  const [l2, a2, b2] = toLab(to);
  const t = clamp(amount, 0, 1);
  return fromLab([l1 + (l2 - l1) * t, a1 + (a2 - a1) * t, b1 + (b2 - b1) * t]);
}

export const lighten = (hex: Hex, amount: number): Hex => mix(hex, '#ffffff', amount);
export const darken = (hex: Hex, amount: number): Hex => mix(hex, '#05060f', amount);

/** Scales colourfulness; 0 gives a grey. */
export function saturate(hex: Hex, factor: number): Hex {
  const [l, a, b] = toLab(hex);
  return fromLab([l, a * factor, b * factor]);
}

/** Light of one colour falling on another, in full: paint times light. */
export function multiply(hex: Hex, light: Hex): Hex {
  const [r1, g1, b1] = toRgb(hex);
  const [r2, g2, b2] = toRgb(light);
  return toHex([(r1 * r2) / 255, (g1 * g2) / 255, (b1 * b2) / 255]);
}

/** A colour by lightness 0–1, colourfulness 0–0.3 and hue in degrees (OKLCH). */
export function lch(lightness: number, chroma: number, hue: number): Hex {
  const angle = (hue * Math.PI) / 180;
  return fromLab([lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)]);
}

/** Lightness 0–1 as the eye sees it. */
export const lightnessOf = (hex: Hex): number => toLab(hex)[0];

/** Hue in degrees, 0–360. */
export function hueOf(hex: Hex): number {
  const [, a, b] = toLab(hex);
  return ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
}
