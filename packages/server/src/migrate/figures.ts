const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** 12,345 */
export const count = (value: number) => Math.round(value).toLocaleString('en');

/** 8.4 s, or 2 min 8 s, or 3 h 5 min. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time that is only guessed: 9 s, or 2 min 8 s. */
export const roughly = (ms: number) => (ms < 59_000 ? `${Math.ceil(ms / 1_000)} s` : duration(ms));

/** 340 kB, or 8.1 MB, or 512 MB. */
export function bytes(value: number): string {
  let size = value / 1_000;
  let unit = 0;
  for (; size >= 999.5 && unit < UNITS.length - 1; unit++) size /= 1_000;
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}
