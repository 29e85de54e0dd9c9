import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useNow } from '../../lib/use-now.ts';

interface WorkingTimeProps {
  /** When the run began, ISO 8601. */
  readonly since: string;
  /** What it usually takes in all, where that is known. */
  readonly usualMs: number | undefined;
}

/** “12 sec so far, usually about 40 sec”: all there is to say where a backend does not tell how far it is. */
export function WorkingTime({ since, usualMs }: WorkingTimeProps) {
  const passed = t('progress.passed', { duration: formatDuration(useNow() - Date.parse(since)) });
  if (usualMs === undefined) return passed;
  return t('progress.passed.usual', { passed, duration: formatDuration(usualMs) });
}
