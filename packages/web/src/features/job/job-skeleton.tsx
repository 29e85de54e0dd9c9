import { t } from '../../i18n/translate.ts';

/** The page's shape, before anything is known of the job. */
export function JobSkeleton() {
  return (
    <div data-testid="state" data-state="loading">
      <h1 className="sr-only">{t('job.title')}</h1>
      <div aria-hidden="true">
        <div className="shimmer mb-6 h-14 rounded-card" />
        <div className="shimmer mb-3 h-8 w-72 max-w-full rounded-control" />
        <div className="shimmer mb-6 h-5 w-1/2 rounded-control" />
        <div className="grid gap-6 lg:grid-cols-12">
          <div className="space-y-6 lg:col-span-5">
            <div className="shimmer h-64 rounded-card" />
            <div className="shimmer h-72 rounded-card" />
          </div>
          <div className="shimmer aspect-square rounded-card lg:col-span-7" />
        </div>
      </div>
    </div>
  );
}
