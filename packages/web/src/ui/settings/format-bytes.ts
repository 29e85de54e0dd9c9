import { language } from '../../i18n/language.ts';

/** `20 MB`, of 1024 × 1024 bytes each. */
export function formatBytes(bytes: number): string {
  const format = new Intl.NumberFormat(language(), { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 });
  return format.format(bytes / 1024 ** 2);
}
