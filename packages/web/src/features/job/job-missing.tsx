import type { ApiError } from '@darkroom/protocol';
import { CloudOff, SearchX, ShieldX } from 'lucide-react';
import { errorAdvice, errorMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Countdown } from './countdown.tsx';

function WaysOn() {
  return (
    <>
      <a href="/" className={buttonClass({ variant: 'primary' })}>
        {t('gone.home')}
      </a>
      <a href="/history" className={buttonClass()}>
        {t('gone.history')}
      </a>
    </>
  );
}

/** There is no such job, or no longer. */
export function JobNotFound() {
  return <EmptyState icon={SearchX} heading="h1" title={t('gone.title')} body={t('gone.body')} actions={<WaysOn />} />;
}

/** The server does not let this page read the job. */
export function JobRefused({ error }: { error: ApiError }) {
  const body = `${errorMessage(error.code)} ${errorAdvice(error.code)}`;
  return <EmptyState icon={ShieldX} heading="h1" title={t('refused.title')} body={body} actions={<WaysOn />} />;
}

/** Nothing is known of the job, because the server does not answer. */
export function ServerUnavailable({ retryAt, onRetry }: { retryAt: number | undefined; onRetry: () => void }) {
  const actions = (
    <div className="flex flex-col items-center gap-3">
      <Button variant="primary" onClick={onRetry}>
        {t('unavailable.action')}
      </Button>
      <p className="text-muted text-small tabular">
        <Countdown retryAt={retryAt} />
      </p>
    </div>
  );
  return (
    <EmptyState
      icon={CloudOff}
      heading="h1"
      title={t('unavailable.title')}
      body={t('unavailable.body')}
      actions={actions}
    />
  );
}
