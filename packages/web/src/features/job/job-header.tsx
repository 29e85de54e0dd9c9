import type { WatchPhase } from '@darkroom/client';
import type { JobStatus, TransportMode } from '@darkroom/protocol';
import { Copy, PlugZap, RefreshCw } from 'lucide-react';
import { memo } from 'react';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { shortId } from '../../lib/job-text.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { StatusPill } from '../../ui/status-pill.tsx';
import { CancelButton } from './cancel-button.tsx';
import { TransportChip } from './transport-chip.tsx';

interface JobHeaderProps {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly cancellable: boolean;
  readonly mode: TransportMode;
  readonly phase: WatchPhase;
  /** The reader chose polling, and stays with it until Reconnect. */
  readonly pollingChosen: boolean;
  readonly onReconnect: () => void;
  readonly onPoll: () => void;
}

/** Stays on top while the page scrolls: which job this is, how it stands, and how we know. */
export const JobHeader = memo(function JobHeader(props: JobHeaderProps) {
  useLanguage();
  const { jobId, status, attempt, maxAttempts, cancellable, mode, phase, pollingChosen, onReconnect, onPoll } = props;
  const over = phase === 'ended' || phase === 'refused';
  return (
    <section
      aria-label={t('header.label')}
      className="-mx-4 sticky top-0 z-30 mb-6 border-border border-b bg-background/85 px-4 py-3 backdrop-blur-md sm:-mx-6 sm:px-6 lg:top-3 lg:mx-0 lg:rounded-card lg:border lg:bg-surface/90 lg:px-5"
    >
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2.5">
        <div className="flex flex-wrap items-center gap-1.5 sm:gap-2">
          <span className="flex items-center font-mono text-mono text-muted">
            <span className="sr-only">{t('header.job')} </span>
            {shortId(jobId)}
            <CopyButton
              text={() => jobId}
              variant="ghost"
              size="icon"
              aria-label={t('header.copyId')}
              className="!size-6 ml-1 max-sm:hidden [&_svg]:size-3"
            >
              <Copy aria-hidden="true" />
            </CopyButton>
          </span>
          <StatusPill status={status} />
          <Badge className="tabular">{t('header.attempt', { attempt, max: maxAttempts })}</Badge>
          <TransportChip mode={mode} phase={phase} />
        </div>
        <div className="flex items-center gap-2">
          <Button size="sm" disabled={over} onClick={onReconnect}>
            <PlugZap aria-hidden="true" className="max-sm:hidden" />
            {t('header.reconnect')}
          </Button>
          <Button size="sm" disabled={over || pollingChosen} onClick={onPoll}>
            <RefreshCw aria-hidden="true" className="max-sm:hidden" />
            {t('header.poll')}
          </Button>
          <CancelButton jobId={jobId} disabled={!cancellable} />
        </div>
      </div>
    </section>
  );
});
