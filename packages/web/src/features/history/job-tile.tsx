import type { Job } from '@darkroom/protocol';
import { memo } from 'react';
import { formatAgo, formatDateTime } from '../../i18n/format.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { optionTexts } from '../../lib/job-text.ts';
import { useNow } from '../../lib/use-now.ts';
import { StatusPill } from '../../ui/status-pill.tsx';
import { Thumbnail } from '../../ui/thumbnail.tsx';

const MINUTE_MS = 60_000;

/** One job of the gallery. */
export const JobTile = memo(function JobTile({ job }: { job: Job }) {
  useLanguage();
  const now = useNow(MINUTE_MS);
  // Too long for a tile, and of no use before the job is opened.
  const { seed: _seed, ...options } = job.options ?? {};
  return (
    <li>
      <a
        href={`/jobs/${job.id}`}
        className="group block overflow-hidden rounded-card border border-border bg-surface shadow-card transition-colors duration-150 hover:border-border-strong"
      >
        <span className="relative block overflow-hidden">
          <Thumbnail
            job={job}
            className="aspect-square w-full transition-transform duration-200 ease-out group-hover:scale-[1.03]"
          />
          <StatusPill status={job.status} className="absolute top-2.5 left-2.5 bg-background/85! backdrop-blur-sm" />
        </span>
        <span className="block border-border border-t p-3.5">
          <span className="line-clamp-2 min-h-10 font-medium">{job.prompt}</span>
          <span className="mt-2 flex justify-between gap-3 text-muted text-small">
            <span className="truncate tabular">{optionTexts(options).join(' · ')}</span>
            <time dateTime={job.createdAt} title={formatDateTime(job.createdAt)} className="shrink-0">
              {formatAgo(Date.parse(job.createdAt), now)}
            </time>
          </span>
        </span>
      </a>
    </li>
  );
});
