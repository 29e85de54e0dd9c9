import type { DemotionReason } from '@darkroom/client';
import type { Job } from '@darkroom/protocol';
import { errorMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { statusText } from '../../ui/status-pill.tsx';
import type { PageState } from './page-state.ts';
import { modeText } from './transport-chip.tsx';

function degraded(reason: DemotionReason): string {
  if (reason === 'chosen') return t('announce.mode', { mode: modeText('poll') });
  return errorMessage(reason === 'blocked' ? 'STREAM_UNAVAILABLE' : 'NETWORK_DISCONNECTED');
}

/** What a screen reader is told when the page's state changes. The same state always says the same, so ticks are silent. */
export function announcement(state: PageState, job: Job | undefined): string {
  switch (state.kind) {
    case 'loading':
      return t('job.loading');
    case 'not-found':
      return t('gone.title');
    case 'refused':
      return t('refused.title');
    case 'unavailable':
      return t('unavailable.title');
    case 'connecting':
      return t('state.connecting');
    case 'reconnecting':
      return errorMessage(state.blocked ? 'STREAM_UNAVAILABLE' : 'NETWORK_DISCONNECTED');
    case 'failed-retryable':
    case 'failed-final':
      return `${t('announce.status', { status: statusText('failed') })} ${errorMessage(state.error.code)}`;
    default: {
      const status = job === undefined ? '' : t('announce.status', { status: statusText(job.status) });
      if (state.kind === 'live') return `${status} ${t('announce.mode', { mode: modeText(state.mode) })}`;
      if (state.kind === 'degraded') return `${status} ${degraded(state.reason)}`;
      return status;
    }
  }
}
