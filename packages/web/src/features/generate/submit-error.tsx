import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import type { RequestFailure } from '../../lib/request-failure.ts';
import { Callout } from '../../ui/callout.tsx';

/** Why the job could not be created, and what to do about it. */
export function SubmitError({ failure }: { failure: RequestFailure }) {
  const { message, advice, retryAfterMs } = failure;
  return (
    <Callout tone="error" role="alert" title={message}>
      {advice} {retryAfterMs !== undefined && t('generate.error.wait', { duration: formatDuration(retryAfterMs) })}
    </Callout>
  );
}
