import { language } from '../../i18n/language.ts';

const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

/** `3 days 4 hr` or `12 min 5 sec`: the two largest units. */
export function uptimeText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const largest = UNITS.findIndex((unit) => whole >= unit.seconds);
  if (largest === -1) return part('second', 0);
  return UNITS.slice(largest, largest + 2)
    .map(({ unit, seconds: size }, place) => {
      const above = UNITS[largest]?.seconds ?? 1;
      return { unit, count: Math.floor((place === 0 ? whole : whole % above) / size) };
    })
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => part(unit, count))
    .join(' ');
}

function part(unit: (typeof UNITS)[number]['unit'], count: number): string {
  return new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'short' }).format(count);
}
