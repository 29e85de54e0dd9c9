import type { Job, ProgressEvent, ProviderStatus, QueuePlace } from '@darkroom/protocol';
import { memo } from 'react';
import { formatAgo, formatDuration, formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import type { CurrentNotice } from '../../lib/current-notice.ts';
import { timeLeft } from '../../lib/time-left.ts';
import { useNow } from '../../lib/use-now.ts';
import { usualMs } from '../../lib/usual-time.ts';
import { Card, CardHeader } from '../../ui/card.tsx';
import { Progress } from '../../ui/progress.tsx';
import { stagesOf } from './stages.ts';
import { Stepper } from './stepper.tsx';
import { WorkingTime } from './working-time.tsx';

const TONES = {
  queued: 'idle',
  running: 'active',
  uploading: 'active',
  completed: 'success',
  failed: 'error',
  cancelled: 'idle',
} as const;

/** “Updated 3 s ago”: the only part of the card that ticks. */
const LastUpdated = memo(function LastUpdated({ at }: { at: number | undefined }) {
  useLanguage();
  const now = useNow();
  return (
    <span data-testid="last-updated" className="text-muted text-small tabular">
      {at === undefined ? t('progress.updated.never') : t('progress.updated', { ago: formatAgo(at, now) })}
    </span>
  );
});

function queueText(queue: QueuePlace | undefined): string | undefined {
  if (queue === undefined) return undefined;
  const place =
    queue.position <= 1 ? t('progress.queue.first') : t('progress.queue.place', { position: queue.position });
  if (queue.etaMs === undefined) return place;
  return `${place}, ${t('progress.queue.eta', { duration: formatDuration(queue.etaMs) })}`;
}

function stepText(events: readonly ProgressEvent[]): string | undefined {
  const last = events.at(-1);
  if (last?.step === undefined || last.steps === undefined) return undefined;
  const left = timeLeft(events);
  const step = t('progress.step', { step: last.step, steps: last.steps });
  return left === undefined ? step : `${step}, ${t('progress.left', { duration: formatDuration(left) })}`;
}

function waitingText({ provider = '', position }: CurrentNotice): string {
  return position === undefined
    ? t('progress.waiting', { provider })
    : t('progress.waiting.place', { provider, position });
}

/** “Picture 2 of 4”, while several are made. */
function pictureText({ options, resultUrls = [] }: Job): string | undefined {
  const count = options?.count ?? 1;
  return count === 1 ? undefined : t('progress.picture', { index: Math.min(count, resultUrls.length + 1), count });
}

/** What there is to say beside the current stage. */
function detailText({ job, events, queue, notice }: ProgressCardProps): string | undefined {
  if (job.status === 'queued') return queueText(queue);
  const step = notice?.kind === 'waiting' ? waitingText(notice) : stepText(events);
  return [pictureText(job), step].filter(Boolean).join(' · ') || undefined;
}

interface ProgressCardProps {
  readonly job: Job;
  readonly events: readonly ProgressEvent[];
  readonly queue: QueuePlace | undefined;
  readonly notice: CurrentNotice | undefined;
  /** The backend that runs it, where it is known. */
  readonly backend: ProviderStatus | undefined;
  readonly lastMessageAt: number | undefined;
}

/** How far the job is: bar, stages, place in line, time left. */
export const ProgressCard = memo(function ProgressCard(props: ProgressCardProps) {
  useLanguage();
  const { job, events, backend, lastMessageAt } = props;
  const { status, percent = 0 } = job;
  const value = status === 'completed' ? 100 : percent;
  const lastEvent = events.at(-1);
  const live = status === 'queued' || status === 'running' || status === 'uploading';
  const updatedAt = live ? lastMessageAt : lastEvent && Date.parse(lastEvent.ts);
  const untold = status === 'running' && backend?.capabilities.progress === false;
  const stages = stagesOf(events, status);
  const since = stages.find(({ stage }) => stage === 'running')?.reachedAt;
  return (
    <Card aria-labelledby="progress">
      <CardHeader id="progress" title={t('progress.title')}>
        <LastUpdated at={updatedAt} />
      </CardHeader>
      <div className="px-4 pb-5 sm:px-5">
        <div className="mb-6">
          <div className="flex min-h-5 items-center gap-3">
            <div className="flex-1">
              <Progress value={untold ? undefined : value} label={t('progress.label')} tone={TONES[status]} />
            </div>
            {!untold && <span className="w-10 text-right font-semibold tabular">{formatPercent(value)}</span>}
          </div>
          {untold && since !== undefined && (
            <p data-testid="working-time" className="mt-1 text-muted text-small tabular">
              <WorkingTime since={since} usualMs={usualMs(backend, job.options)} />
            </p>
          )}
        </div>
        <Stepper stages={stages} detail={detailText(props)} />
      </div>
    </Card>
  );
});
