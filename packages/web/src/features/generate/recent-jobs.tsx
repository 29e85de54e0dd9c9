import type { Job } from '@darkroom/protocol';
import { ArrowRight } from 'lucide-react';
import { memo } from 'react';
import { formatAgo } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { useNow } from '../../lib/use-now.ts';
import { Card, CardHeader } from '../../ui/card.tsx';
import { StatusPill } from '../../ui/status-pill.tsx';
import { Thumbnail } from '../../ui/thumbnail.tsx';
import { useRecentJobs } from './use-recent-jobs.ts';

const MINUTE_MS = 60_000;
const PLACES = ['a', 'b', 'c', 'd', 'e'];

function RecentJob({ job }: { job: Job }) {
  const now = useNow(MINUTE_MS);
  return (
    <li>
      <a
        href={`/jobs/${job.id}`}
        className="flex items-center gap-3 rounded-control p-2 transition-colors duration-150 hover:bg-raised"
      >
        <Thumbnail job={job} small className="size-12 shrink-0 rounded-control border border-border" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{job.prompt}</span>
          <span className="block text-muted text-small">{formatAgo(Date.parse(job.createdAt), now)}</span>
        </span>
        <StatusPill status={job.status} />
      </a>
    </li>
  );
}

function LoadingRows() {
  return (
    <div aria-hidden="true">
      {PLACES.map((place) => (
        <div key={place} className="flex items-center gap-3 p-2">
          <div className="shimmer size-12 rounded-control" />
          <div className="flex-1 space-y-2">
            <div className="shimmer h-3 rounded" />
            <div className="shimmer h-3 w-1/3 rounded" />
          </div>
        </div>
      ))}
    </div>
  );
}

/** The last five jobs, with their pictures. */
export const RecentJobs = memo(function RecentJobs() {
  useLanguage();
  const { jobs, failed } = useRecentJobs();
  return (
    <Card aria-labelledby="recent">
      <CardHeader id="recent" title={t('recent.title')}>
        <a
          href="/history"
          className="inline-flex items-center gap-1 rounded font-medium text-muted text-small hover:text-text"
        >
          {t('recent.all')}
          <ArrowRight aria-hidden="true" className="size-3.5" />
        </a>
      </CardHeader>
      <div className="px-2 pb-2 sm:px-3 sm:pb-3">
        {jobs === undefined && !failed && <LoadingRows />}
        {jobs === undefined && failed && <p className="px-2 pb-2 text-muted">{t('recent.failed')}</p>}
        {jobs?.length === 0 && <p className="px-2 pb-2 text-muted">{t('recent.empty')}</p>}
        <ul>
          {jobs?.map((job) => (
            <RecentJob key={job.id} job={job} />
          ))}
        </ul>
      </div>
    </Card>
  );
});
