import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import type { RequestFailure } from '../../lib/request-failure.ts';
import { Callout } from '../../ui/callout.tsx';
import { ServerDetail } from '../../ui/server-detail.tsx';

/** Why the job could not be created, and what to do about it. */
export function SubmitError({ failure }: { failure: RequestFailure }) {
  const { message, advice, detail, retryAfterMs } = failure;
  return (
    <Callout tone="error" role="alert" title={message}>
      {advice} {retryAfterMs !== undefined && t('generate.error.wait', { duration: formatDuration(retryAfterMs) })}
      <ServerDetail detail={detail} />
    </Callout>
  );
}
