import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useNow } from '../../lib/use-now.ts';

interface CountdownProps {
  readonly retryAt: number | undefined;
  /** The number of the next try; left out where it does not matter. */
  readonly attempt?: number;
}

/** When the next try to connect begins, counted down. */
export function Countdown({ retryAt, attempt }: CountdownProps) {
  const now = useNow();
  const waiting = retryAt !== undefined && retryAt > now;
  if (attempt === undefined) {
    return waiting ? t('unavailable.in', { duration: formatDuration(retryAt - now) }) : t('unavailable.now');
  }
  if (!waiting) return t('state.reconnecting.now', { attempt });
  return t('state.reconnecting.in', { attempt, duration: formatDuration(retryAt - now) });
}
