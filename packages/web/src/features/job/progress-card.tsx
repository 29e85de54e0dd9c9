import type { Job, ProgressEvent, QueuePlace } from '@darkroom/protocol';
import { memo } from 'react';
import { formatAgo, formatDuration, formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useNow } from '../../lib/use-now.ts';
import { Card, CardHeader } from '../../ui/card.tsx';
import { Progress } from '../../ui/progress.tsx';
import { stagesOf } from './stages.ts';
import { Stepper } from './stepper.tsx';
import { timeLeft } from './time-left.ts';

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

interface ProgressCardProps {
  readonly job: Job;
  readonly events: readonly ProgressEvent[];
  readonly queue: QueuePlace | undefined;
  readonly lastMessageAt: number | undefined;
}

/** How far the job is: bar, stages, place in line, time left. */
export const ProgressCard = memo(function ProgressCard({ job, events, queue, lastMessageAt }: ProgressCardProps) {
  const { status, percent = 0 } = job;
  const value = status === 'completed' ? 100 : percent;
  const lastEvent = events.at(-1);
  const live = status === 'queued' || status === 'running' || status === 'uploading';
  const updatedAt = live ? lastMessageAt : lastEvent && Date.parse(lastEvent.ts);
  return (
    <Card aria-labelledby="progress">
      <CardHeader id="progress" title={t('progress.title')}>
        <LastUpdated at={updatedAt} />
      </CardHeader>
      <div className="px-4 pb-5 sm:px-5">
        <div className="mb-6 flex items-center gap-3">
          <div className="flex-1">
            <Progress value={value} label={t('progress.label')} tone={TONES[status]} />
          </div>
          <span className="w-10 text-right font-semibold tabular">{formatPercent(value)}</span>
        </div>
        <Stepper stages={stagesOf(events, status)} detail={status === 'queued' ? queueText(queue) : stepText(events)} />
      </div>
    </Card>
  );
});
