import { useJob } from '@darkroom/client/react';
import { canCancel, type Job } from '@darkroom/protocol';
import { useCallback, useMemo } from 'react';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { currentNotice } from '../../lib/current-notice.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { useBackends } from '../../lib/use-backends.ts';
import { LiveRegion } from '../../ui/live-region.tsx';
import { statusText } from '../../ui/status-pill.tsx';
import { announcement } from './announcement.ts';
import { EventLog } from './event-log.tsx';
import { jobShape } from './event-text.ts';
import { frameAt, framesOf, placeholderOf } from './frames.ts';
import { JobHeader } from './job-header.tsx';
import { JobNotFound, JobRefused, ServerUnavailable } from './job-missing.tsx';
import { JobSkeleton } from './job-skeleton.tsx';
import { NoticeBanner } from './notice-banner.tsx';
import { type PageState, pageState } from './page-state.ts';
import { PreviewPanel } from './preview-panel.tsx';
import { ProgressCard } from './progress-card.tsx';
import { PromptSummary } from './prompt-summary.tsx';
import { SettingsCard } from './settings-card.tsx';
import { StatusBanner } from './status-banner.tsx';
import { SupportFooter } from './support-footer.tsx';
import { useFilm } from './use-film.ts';

type Watched = ReturnType<typeof useJob>;

/** “42% · Generation Progress”: how it stands, readable from another tab. */
function titleOf(job: Job | undefined): string {
  const title = t('job.title');
  if (job === undefined) return title;
  if (job.status === 'running' && job.percent !== undefined && job.percent > 0) {
    return t('job.title.percent', { percent: formatPercent(job.percent), title });
  }
  return t('job.title.status', { status: statusText(job.status), title });
}

function KnownJob({ job, watched, state }: { job: Job; watched: Watched; state: PageState }) {
  const { events, queue, mode, phase, demotion, lastMessageAt, reconnect, switchToPolling } = watched;
  const backends = useBackends();
  const notice = useMemo(() => currentNotice(job, events), [job, events]);
  const { count, maxAttempts } = jobShape(job);
  const shape = useMemo(() => ({ count, maxAttempts }), [count, maxAttempts]);
  const frames = useMemo(() => framesOf(events, job), [events, job]);
  const film = useFilm(frames);
  const pinned = frameAt(events, frames, film.seq);
  const { pin } = film;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `pin` only calls setters, which never change
  const showPreview = useCallback((seq: number) => pin(seq), []);
  return (
    <>
      <JobHeader
        jobId={job.id}
        status={job.status}
        attempt={job.attempt}
        maxAttempts={job.maxAttempts}
        cancellable={canCancel(job)}
        mode={mode}
        phase={phase}
        pollingChosen={demotion === 'chosen'}
        onReconnect={reconnect}
        onPoll={switchToPolling}
      />
      <PromptSummary jobId={job.id} prompt={job.prompt} options={job.options} />
      <StatusBanner
        state={state}
        job={job}
        seq={events.at(-1)?.seq ?? 0}
        onReconnect={reconnect}
        onPoll={switchToPolling}
      />
      <NoticeBanner notice={notice} job={job} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-12 lg:grid-rows-[auto_1fr]">
        <div className="min-w-0 lg:col-span-5">
          <ProgressCard
            job={job}
            events={events}
            queue={queue}
            notice={notice}
            backend={backends?.find(({ name }) => name === job.provider)}
            lastMessageAt={lastMessageAt}
          />
        </div>
        <div className="min-w-0 lg:col-span-7 lg:col-start-6 lg:row-span-2 lg:row-start-1">
          <PreviewPanel
            job={job}
            frames={frames}
            pinned={pinned}
            film={film}
            placeholder={placeholderOf(events)}
            backends={backends}
          />
        </div>
        <div className="min-w-0 space-y-6 lg:col-span-5">
          <EventLog events={events} shape={shape} shownSeq={pinned?.seq} onShow={showPreview} />
          <SettingsCard
            prompt={job.prompt}
            {...(job.options && { options: job.options })}
            {...(job.provider !== undefined && { provider: job.provider })}
          />
        </div>
      </div>
      <SupportFooter jobId={job.id} watch={watched} />
    </>
  );
}

function content(watched: Watched, state: PageState) {
  if (state.kind === 'not-found') return <JobNotFound />;
  if (state.kind === 'refused') return <JobRefused error={state.error} />;
  if (state.kind === 'unavailable') return <ServerUnavailable retryAt={state.retryAt} onRetry={watched.reconnect} />;
  if (watched.job === undefined) return <JobSkeleton />;
  return <KnownJob job={watched.job} watched={watched} state={state} />;
}

function WatchedJob({ jobId }: { jobId: string }) {
  const watched = useJob(jobId);
  const state = pageState(watched);
  usePageMeta(titleOf(watched.job), t('job.description'));
  return (
    <>
      <LiveRegion text={announcement(state, watched.job, watched.events)} />
      {content(watched, state)}
    </>
  );
}

/** Generation Progress: everything about one job, live. */
export default function JobPage({ jobId }: { jobId: string }) {
  return <WatchedJob key={jobId} jobId={jobId} />;
}
