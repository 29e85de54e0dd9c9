import type { Job } from '@darkroom/protocol';
import { errorText } from '../../i18n/error-copy.ts';
import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import type { CurrentNotice } from '../../lib/current-notice.ts';
import { useNow } from '../../lib/use-now.ts';
import { Callout } from '../../ui/callout.tsx';

/** “trying again in 2 sec (1 of 3)”: the only part that ticks. Never more than was said, whatever the clocks say. */
function Retry({ notice }: { notice: CurrentNotice }) {
  const { since, inMs = 0, retry = 1, retries = 1, provider = '' } = notice;
  const left = Math.min(inMs, Date.parse(since) + inMs - useNow());
  const names = { provider, retry, retries };
  return left > 0 ? t('notice.retry', { ...names, duration: formatDuration(left) }) : t('notice.retry.now', names);
}

/** Who does it instead, once that is known. */
export function failoverText({ provider = '' }: CurrentNotice, job: Job): string {
  const other = job.provider === provider ? undefined : job.provider;
  return other === undefined ? t('notice.failover', { provider }) : t('notice.failover.to', { provider, other });
}

/** What happens between the job and its backends, as long as it matters. Waiting is told beside the stage instead. */
export function NoticeBanner({ notice, job }: { notice: CurrentNotice | undefined; job: Job }) {
  if (notice === undefined || notice.kind === 'waiting') return null;
  const { kind, error, provider = '' } = notice;
  return (
    <div data-testid="notice" data-notice={kind} className="mb-6">
      {kind === 'reattach' ? (
        <Callout tone="info" title={t('notice.reattach')}>
          {t('notice.reattach.body', { provider })}
        </Callout>
      ) : (
        <Callout
          tone="warning"
          title={
            <span className="tabular">{kind === 'retry' ? <Retry notice={notice} /> : failoverText(notice, job)}</span>
          }
        >
          {error && errorText(error)}
        </Callout>
      )}
    </div>
  );
}
