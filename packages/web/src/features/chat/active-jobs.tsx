import { memo, useRef } from 'react';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { Progress } from '../../ui/progress.tsx';
import { statusText } from '../../ui/status-pill.tsx';
import { useChatState } from './chat-context.ts';
import type { PictureJob } from './model/chat-state.ts';
import { useSeenJob, useSight } from './use-sight.ts';

const TONES = {
  queued: 'idle',
  running: 'active',
  uploading: 'active',
  completed: 'success',
  failed: 'error',
  cancelled: 'idle',
} as const;

function stateText({ job, queue }: PictureJob): string {
  if (job.status === 'queued') {
    const position = queue?.position ?? 0;
    return position > 0 ? t('chat.active.place', { position }) : t('chat.active.waiting');
  }
  return job.status === 'running' ? formatPercent(job.percent ?? 0) : statusText(job.status);
}

const ActiveJob = memo(function ActiveJob({ jobId, onChosen }: { jobId: string; onChosen: (() => void) | undefined }) {
  useLanguage();
  const row = useRef<HTMLLIElement>(null);
  const known = useSeenJob(jobId, useSight(row));
  if (known === undefined) return null;
  const { job, conversationId } = known;
  const value = job.status === 'completed' ? 100 : (job.percent ?? 0);
  return (
    <li ref={row} className="h-12 [contain:strict]">
      <a
        href={`/chat/${conversationId}`}
        onClick={onChosen}
        className="block rounded-control px-1.5 py-2 transition-colors duration-150 hover:bg-raised"
      >
        <span className="flex gap-2 text-small">
          <span className="min-w-0 flex-1 truncate">{job.prompt}</span>
          <span className="shrink-0 text-muted tabular">{stateText(known)}</span>
        </span>
        <span className="mt-1.5 block">
          <Progress
            instant
            value={value}
            label={t('chat.picture.progress', { prompt: job.prompt })}
            tone={TONES[job.status]}
          />
        </span>
      </a>
    </li>
  );
});

/** What is being made in any conversation, and what was a moment ago. */
export function ActiveJobs({ onChosen }: { onChosen: (() => void) | undefined }) {
  const active = useChatState((state) => state.active);
  if (active.length === 0) return null;
  return (
    <section aria-label={t('chat.active')} className="max-h-[40%] overflow-y-auto border-border border-t p-2">
      <h2 className="px-1.5 py-1 font-medium text-muted text-small">{t('chat.active')}</h2>
      <ul>
        {active.map((jobId) => (
          <ActiveJob key={jobId} jobId={jobId} onChosen={onChosen} />
        ))}
      </ul>
    </section>
  );
}
