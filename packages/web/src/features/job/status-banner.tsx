import type { Job } from '@darkroom/protocol';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { FailureBanner } from './failure-banner.tsx';
import type { PageState } from './page-state.ts';

interface StatusBannerProps {
  readonly state: PageState;
  readonly job: Job;
  /** `seq` of the newest event that is rendered; 0: none yet. */
  readonly seq: number;
  readonly onReconnect: () => void;
  readonly onPoll: () => void;
}

/** One banner for whatever the page is in; none while all is well and live. */
function banner({ state, job, onReconnect, onPoll }: StatusBannerProps) {
  switch (state.kind) {
    case 'connecting':
    case 'degraded':
    case 'reconnecting':
      return <ConnectionBanner state={state} onReconnect={onReconnect} onPoll={onPoll} />;
    case 'completed':
      return (
        <Callout
          tone="success"
          title={t('state.completed')}
          actions={
            <a href="/" className={buttonClass({ size: 'sm' })}>
              {t('state.completed.again')}
            </a>
          }
        >
          {t('state.completed.body', { count: state.pictures })}
        </Callout>
      );
    case 'failed-retryable':
    case 'failed-final':
      return <FailureBanner state={state} job={job} />;
    case 'cancelled': {
      const { percent } = state;
      const text =
        percent === undefined
          ? t('state.cancelled.early')
          : t('state.cancelled.body', { percent: formatPercent(percent) });
      return (
        <Callout tone="neutral" title={t('state.cancelled')}>
          {text}
        </Callout>
      );
    }
    default:
      return null;
  }
}

/** The banner of the page's state. `data-state` and `data-seq` say what is rendered, for tests and other programs. */
export function StatusBanner(props: StatusBannerProps) {
  const shown = banner(props);
  return (
    <div
      data-testid="state"
      data-state={props.state.kind}
      data-seq={props.seq}
      className={shown === null ? undefined : 'mb-6'}
    >
      {shown}
    </div>
  );
}
