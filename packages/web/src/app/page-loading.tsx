import { t } from '../i18n/translate.ts';

/** Stands in for a page whose code is on its way. */
export function PageLoading() {
  return (
    <div role="status" className="flex flex-col gap-6">
      <span className="sr-only">{t('app.loading')}</span>
      <div aria-hidden="true" className="shimmer h-8 w-56 rounded-control" />
      <div aria-hidden="true" className="shimmer h-72 rounded-card" />
    </div>
  );
}
