import { t } from '../i18n/translate.ts';
import { useServerAway } from '../lib/load-code.ts';
import { Callout } from './callout.tsx';

/** Says that code is still missing because the server cannot be reached; nothing while it can. */
export function ServerAway() {
  if (!useServerAway()) return null;
  return (
    <Callout tone="busy" title={t('error.unavailable')}>
      {t('loading.away')}
    </Callout>
  );
}
