import type { JobOptions } from '@darkroom/protocol';
import { type PlainKey, t } from '../i18n/translate.ts';

/** The styles the form offers; a job may carry another one. `none` leaves the style out. */
export const STYLES = ['none', 'flat', 'watercolour', 'neon', 'sepia', 'pixel', 'ink', 'oil', 'riso'] as const;
export type Style = (typeof STYLES)[number];

const STYLE_KEYS: Readonly<Record<Style, PlainKey>> = {
  none: 'style.none',
  flat: 'style.flat',
  watercolour: 'style.watercolour',
  neon: 'style.neon',
  sepia: 'style.sepia',
  pixel: 'style.pixel',
  ink: 'style.ink',
  oil: 'style.oil',
  riso: 'style.riso',
};

export function isStyle(name: string): name is Style {
  return STYLES.some((style) => style === name);
}

/** A style's name for people; a name we do not know is shown as it is. */
export function styleText(name: string): string {
  return isStyle(name) ? t(STYLE_KEYS[name]) : name;
}

/** The part of a job's id that people compare. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** A job's options as short texts, in the order of the form. */
export function optionTexts(options: JobOptions | undefined): string[] {
  const { size, steps, style, seed } = options ?? {};
  return [
    ...(size === undefined ? [] : [t('options.size', { size })]),
    ...(steps === undefined ? [] : [t('options.steps', { count: steps })]),
    ...(style === undefined ? [] : [styleText(style)]),
    ...(seed === undefined ? [] : [t('options.seed', { seed })]),
  ];
}
