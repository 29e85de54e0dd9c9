import { clsx } from 'clsx';
import { Check, Minus, X } from 'lucide-react';
import { formatTime } from '../../i18n/format.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { statusText } from '../../ui/status-pill.tsx';
import type { StageProgress, StageView } from './stages.ts';

const MARKS = {
  done: { frame: 'border-success bg-success text-on-primary', icon: Check, line: 'bg-success/60' },
  current: { frame: 'border-primary bg-primary/15', icon: undefined, line: 'bg-border' },
  waiting: { frame: 'border-border bg-sunken', icon: undefined, line: 'bg-border' },
  failed: { frame: 'border-error bg-error text-on-primary', icon: X, line: 'bg-border' },
  cancelled: { frame: 'border-muted bg-muted text-on-primary', icon: Minus, line: 'bg-border' },
} as const;

const PROGRESS_KEYS: Readonly<Record<StageProgress, PlainKey>> = {
  done: 'progress.stage.done',
  current: 'progress.stage.current',
  waiting: 'progress.stage.waiting',
  failed: 'status.failed',
  cancelled: 'status.cancelled',
};

function Mark({ progress }: { progress: StageProgress }) {
  const { frame, icon: Icon } = MARKS[progress];
  return (
    <span aria-hidden="true" className={clsx('grid size-5 place-items-center rounded-full border-2', frame)}>
      {Icon !== undefined && <Icon className="size-3" strokeWidth={3.5} />}
      {progress === 'current' && <span className="size-2 animate-pulse rounded-full bg-primary" />}
    </span>
  );
}

/** The stages a job goes through, from top to bottom. `detail` stands beside the current one. */
export function Stepper({ stages, detail }: { stages: readonly StageView[]; detail: string | undefined }) {
  return (
    <ol aria-label={t('progress.steps')}>
      {stages.map(({ stage, progress, reachedAt }, index) => (
        <li
          key={stage}
          data-stage={stage}
          data-progress={progress}
          aria-current={progress === 'current' ? 'step' : undefined}
          className="relative flex gap-3 pb-5 last:pb-0"
        >
          {index < stages.length - 1 && (
            <span
              aria-hidden="true"
              className={clsx('absolute top-6 bottom-1 left-[9px] w-0.5 rounded-full', MARKS[progress].line)}
            />
          )}
          <Mark progress={progress} />
          <div className="flex min-w-0 flex-1 items-baseline justify-between gap-x-3">
            <span className={clsx('font-medium', progress === 'waiting' && 'text-muted')}>
              {statusText(stage)}
              <span className="sr-only"> – {t(PROGRESS_KEYS[progress])}</span>
              {(progress === 'failed' || progress === 'cancelled') && (
                <span
                  aria-hidden="true"
                  className={clsx('ml-2 text-small', progress === 'failed' ? 'text-error' : 'text-muted')}
                >
                  {statusText(progress)}
                </span>
              )}
              {progress === 'current' && detail !== undefined && (
                <span className="font-normal text-muted text-small max-sm:block sm:ml-2">{detail}</span>
              )}
            </span>
            {reachedAt !== undefined && (
              <time dateTime={reachedAt} className="font-mono text-mono text-muted tabular">
                {formatTime(reachedAt)}
              </time>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
