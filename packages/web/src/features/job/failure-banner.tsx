import { useDarkroom } from '@darkroom/client/react';
import type { Job, JobError } from '@darkroom/protocol';
import { RotateCcw, SquarePen } from 'lucide-react';
import { useState } from 'react';
import { errorAdvice, errorMessage, preciseMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { prefillUrl } from '../../lib/prefill.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { toast } from '../../ui/toast-store.ts';
import type { PageState } from './page-state.ts';

type FailedState = Extract<PageState, { kind: 'failed-retryable' | 'failed-final' }>;

function useRetry(jobId: string) {
  const client = useDarkroom();
  const [retrying, setRetrying] = useState(false);
  const retry = async () => {
    setRetrying(true);
    try {
      await client.retryJob(jobId);
    } catch (cause) {
      toast({ tone: 'error', title: t('state.failed.retryFailed'), body: requestFailure(cause).advice });
    }
    setRetrying(false);
  };
  return { retrying, retry };
}

/** The error's code, and what the provider said where it is more than our own words for it. */
function Reason({ error }: { error: JobError }) {
  const more = preciseMessage(error);
  return (
    <p lang="en" className="mt-1 break-words font-mono text-mono">
      {more === undefined ? error.code : `${error.code}: ${more}`}
    </p>
  );
}

/** The standard words for a failure invite to retry; not so where no attempt is left. */
function headline(state: FailedState): string {
  const exhausted = state.kind === 'failed-final' && state.exhausted;
  return exhausted ? t('state.failed.exhausted.title') : errorMessage(state.error.code);
}

function guidance(state: FailedState): string {
  if (state.kind === 'failed-retryable') return errorAdvice(state.error.code);
  return state.exhausted ? t('state.failed.exhausted', { max: state.maxAttempts }) : t('state.failed.guidance');
}

/** Why the job failed, whether it can be retried, and the ways on. */
export function FailureBanner({ state, job }: { state: FailedState; job: Job }) {
  const { retrying, retry } = useRetry(job.id);
  const retryable = state.kind === 'failed-retryable';
  const actions = (
    <>
      <Button size="sm" variant="primary" disabled={!retryable} loading={retrying} onClick={retry}>
        {!retrying && <RotateCcw aria-hidden="true" />}
        {t('state.failed.retry')}
      </Button>
      <a href={prefillUrl(job)} className={buttonClass({ size: 'sm' })}>
        <SquarePen aria-hidden="true" />
        {t('state.failed.edit')}
      </a>
    </>
  );
  const title = (
    <span className="flex flex-wrap items-center gap-2">
      {headline(state)}
      <Badge className="h-5! px-2!">{t(retryable ? 'state.failed.retryable' : 'state.failed.final')}</Badge>
    </span>
  );
  return (
    <Callout tone="error" title={title} actions={actions}>
      <p>
        {guidance(state)} {t('state.failed.attempts', { attempt: job.attempt, max: job.maxAttempts })}
      </p>
      <Reason error={state.error} />
    </Callout>
  );
}
