import { t } from '../i18n/translate.ts';
import { ServerAway } from '../ui/server-away.tsx';

/** Stands in for a page whose code is on its way. `data-loading` marks what stands in for code, for tests. */
export function PageLoading({ full }: { full: boolean }) {
  return (
    <div role="status" data-loading className={full ? 'flex flex-col gap-6 p-4 sm:p-6' : 'flex flex-col gap-6'}>
      <h1 className="sr-only">{t('app.loading')}</h1>
      <ServerAway />
      <div aria-hidden="true" className="shimmer h-8 w-56 rounded-control" />
      <div aria-hidden="true" className="shimmer h-72 rounded-card" />
    </div>
  );
}
