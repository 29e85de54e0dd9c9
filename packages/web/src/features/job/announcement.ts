import type { DemotionReason } from '@darkroom/client';
import type { Job, ProgressEvent } from '@darkroom/protocol';
import { errorMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { currentNotice } from '../../lib/current-notice.ts';
import { statusText } from '../../ui/status-pill.tsx';
import { failoverText } from './notice-banner.tsx';
import type { PageState } from './page-state.ts';
import { modeText } from './transport-chip.tsx';

function degraded(reason: DemotionReason): string {
  if (reason === 'chosen') return t('announce.mode', { mode: modeText('poll') });
  return errorMessage(reason === 'blocked' ? 'STREAM_UNAVAILABLE' : 'NETWORK_DISCONNECTED');
}

/** What happens between the job and its backends, without what ticks. */
function noticeText(job: Job | undefined, events: readonly ProgressEvent[]): string {
  const notice = job && currentNotice(job, events);
  if (job === undefined || notice === undefined) return '';
  const { provider = '' } = notice;
  switch (notice.kind) {
    case 'waiting':
      return t('announce.waiting', { provider });
    case 'retry':
      return t('announce.retry', { provider });
    case 'failover':
      return `${failoverText(notice, job)}.`;
    case 'reattach':
      return `${t('notice.reattach')}.`;
  }
}

/** What a screen reader is told when the page's state changes. The same state always says the same, so ticks are silent. */
export function announcement(state: PageState, job: Job | undefined, events: readonly ProgressEvent[] = []): string {
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
      const notice = noticeText(job, events);
      if (state.kind === 'live')
        return [status, t('announce.mode', { mode: modeText(state.mode) }), notice].filter(Boolean).join(' ');
      if (state.kind === 'degraded') return [status, degraded(state.reason), notice].filter(Boolean).join(' ');
      return status;
    }
  }
}
