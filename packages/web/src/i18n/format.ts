import { inLanguage } from './language.ts';

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;

const time = inLanguage((language) => new Intl.DateTimeFormat(language, CLOCK));
const dateTime = inLanguage(
  (language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }),
);
const relative = inLanguage((language) => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }));
const number = inLanguage((language) => new Intl.NumberFormat(language));
const percent = inLanguage(
  (language) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }),
);
const seconds = inLanguage(
  (language) => new Intl.NumberFormat(language, { style: 'unit', unit: 'second', maximumFractionDigits: 0 }),
);
const minutes = inLanguage(
  (language) => new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', maximumFractionDigits: 0 }),
);
const list = inLanguage((language) => new Intl.ListFormat(language, { type: 'conjunction', style: 'narrow' }));

/** `14:03:27`, in the reader's time zone. */
export function formatTime(iso: string): string {
  return time().format(new Date(iso));
}

/** `Nov 21, 2026, 14:03`, in the reader's time zone. */
export function formatDateTime(iso: string): string {
  return dateTime().format(new Date(iso));
}

/** `2,000`. */
export function formatNumber(value: number): string {
  return number().format(value);
}

/** `42%`, from 0–100. */
export function formatPercent(value: number): string {
  return percent().format(value / 100);
}

/** `12 sec` or `3 min`: a wait, rounded up. */
export function formatDuration(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / 1000));
  return whole < 90 ? seconds().format(whole) : minutes().format(Math.round(whole / 60));
}

/** `5 min. ago`. */
export function formatAgo(at: number, now: number): string {
  const passed = Math.min(0, (at - now) / 1000);
  if (passed > -60) return relative().format(Math.round(passed), 'second');
  if (passed > -3600) return relative().format(Math.round(passed / 60), 'minute');
  if (passed > -86_400) return relative().format(Math.round(passed / 3600), 'hour');
  return relative().format(Math.round(passed / 86_400), 'day');
}

/** `512, 768, 1024`: names one after the other. */
export function formatList(names: readonly string[]): string {
  return list().format(names);
}
