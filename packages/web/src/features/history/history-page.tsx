import { FilterX, Images } from 'lucide-react';
import { useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ServerDetail } from '../../ui/server-detail.tsx';
import { HistoryToolbar } from './history-toolbar.tsx';
import { filterJobs, NO_FILTER } from './job-filter.ts';
import { JobTile } from './job-tile.tsx';
import { useHistory } from './use-history.ts';

const GRID = 'grid grid-cols-1 gap-4 min-[420px]:grid-cols-2 sm:gap-6 md:grid-cols-3 lg:grid-cols-4';
const PLACES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function LoadingTiles() {
  return (
    <div aria-hidden="true" className={GRID}>
      {PLACES.map((place) => (
        <div key={place} className="shimmer aspect-[3/4] rounded-card" />
      ))}
    </div>
  );
}

function Empty() {
  return (
    <EmptyState
      icon={Images}
      title={t('history.empty.title')}
      body={t('history.empty.body')}
      actions={
        <a href="/" className={buttonClass({ variant: 'primary' })}>
          {t('history.empty.action')}
        </a>
      }
    />
  );
}

function NothingMatches({ onClear }: { onClear: () => void }) {
  const clear = <Button onClick={onClear}>{t('history.nothing.action')}</Button>;
  return (
    <EmptyState icon={FilterX} title={t('history.nothing.title')} body={t('history.nothing.body')} actions={clear} />
  );
}

/** What stands below the gallery: more, the end, or why not. */
function Foot({ history }: { history: ReturnType<typeof useHistory> }) {
  const { jobs, cursor, loading, failure, loadMore } = history;
  if (failure !== undefined) {
    const retry = (
      <Button size="sm" onClick={loadMore}>
        {t('history.retry')}
      </Button>
    );
    return (
      <Callout tone="error" role="alert" title={t('history.failed')} actions={retry}>
        {failure.message} {failure.advice}
        <ServerDetail detail={failure.detail} />
      </Callout>
    );
  }
  if (typeof cursor === 'string') {
    return (
      <Button loading={loading} onClick={loadMore}>
        {t('history.more')}
      </Button>
    );
  }
  return jobs.length > 0 && <p className="text-muted text-small">{t('history.end')}</p>;
}

/** Every job, as a gallery. */
export default function HistoryPage() {
  usePageMeta(t('history.title'), t('history.description'));
  const history = useHistory();
  const [filter, setFilter] = useState(NO_FILTER);
  const { jobs, cursor, loading } = history;
  const shown = filterJobs(jobs, filter);
  const known = cursor !== undefined;
  return (
    <>
      <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4 sm:mb-8">
        <div>
          <h1 className="font-semibold text-h1">{t('history.title')}</h1>
          <p className="mt-1.5 text-muted">{t('history.description')}</p>
        </div>
        {jobs.length > 0 && <HistoryToolbar filter={filter} onChange={setFilter} />}
      </header>
      <p role="status" className="sr-only">
        {known ? t('history.shown', { count: shown.length }) : t('app.loading')}
      </p>
      {!known && loading && <LoadingTiles />}
      {known && jobs.length === 0 && <Empty />}
      {jobs.length > 0 && shown.length === 0 && <NothingMatches onClear={() => setFilter(NO_FILTER)} />}
      <ul aria-label={t('history.list')} className={GRID}>
        {shown.map((job) => (
          <JobTile key={job.id} job={job} />
        ))}
      </ul>
      <div className="mt-8 flex justify-center">
        <Foot history={history} />
      </div>
    </>
  );
}
