import { ApiErrorCode, ERROR_INFO, LIMITS } from '@darkroom/protocol';
import { errorAdvice, errorMessage } from '../../i18n/error-copy.ts';
import { formatNumber } from '../../i18n/format.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { CodeBlock } from './code-block.tsx';
import { DataTable } from './data-table.tsx';
import { examplesFor } from './examples.ts';
import { Section } from './section.tsx';

/** Every error code, and what to do about it. */
export function ErrorTable() {
  const rows = ApiErrorCode.options.map((code) => ({
    key: code,
    cells: [
      <code key="code" className="font-mono text-mono">
        {code}
      </code>,
      <span key="status" className="text-muted tabular">
        {ERROR_INFO[code].status}
      </span>,
      <span key="retry" className={ERROR_INFO[code].retryable ? 'text-success' : 'text-muted'}>
        {t(ERROR_INFO[code].retryable ? 'docs.yes' : 'docs.no')}
      </span>,
      <span key="meaning" className="block min-w-60">
        {errorMessage(code)} <span className="text-muted">{errorAdvice(code)}</span>
      </span>,
    ],
  }));
  const head = [t('docs.errors.code'), t('docs.errors.status'), t('docs.errors.retry'), t('docs.errors.meaning')];
  return (
    <Section id="errors" title={t('docs.errors')} body={t('docs.errors.body')}>
      <div className="space-y-4">
        <CodeBlock title={t('docs.errors')} code={examplesFor(window.location.origin).error} />
        <DataTable label={t('docs.errors')} head={head} rows={rows} />
      </div>
    </Section>
  );
}

const BOUNDS: readonly (readonly [PlainKey, min: number | undefined, max: number])[] = [
  ['docs.limit.prompt', 1, LIMITS.promptChars],
  ['docs.limit.steps', LIMITS.minSteps, LIMITS.maxSteps],
  ['docs.limit.seed', 0, LIMITS.maxSeed],
  ['docs.limit.style', 1, LIMITS.styleChars],
  ['docs.limit.negative', 0, LIMITS.negativePromptChars],
  ['docs.limit.cfg', 0, LIMITS.maxCfg],
  ['docs.limit.count', 1, LIMITS.maxCount],
  ['docs.limit.upload', undefined, LIMITS.uploadBytes],
  ['docs.limit.pixels', undefined, LIMITS.uploadPixels],
  ['docs.limit.attempts', undefined, LIMITS.maxAttempts],
  ['docs.limit.body', undefined, LIMITS.httpBodyBytes],
  ['docs.limit.page', 1, LIMITS.jobsPerPage],
  ['docs.limit.events', undefined, LIMITS.eventsPerRead],
  ['docs.limit.wait', 0, LIMITS.maxWaitSeconds],
  ['docs.limit.message', undefined, LIMITS.socketMessageBytes],
  ['docs.limit.subscriptions', undefined, LIMITS.subscriptionsPerSocket],
  ['docs.limit.jobs', undefined, LIMITS.jobsPerMinute],
  ['docs.limit.uploads', undefined, LIMITS.uploadsPerMinute],
  ['docs.limit.connections', undefined, LIMITS.connectionsPerClient],
  ['docs.limit.polls', undefined, LIMITS.pollsPerClient],
];

/** The bounds a caller may meet. */
export function LimitTable() {
  const rows = BOUNDS.map(([key, min, max]) => ({
    key,
    cells: [
      t(key),
      <span key="bound" className="font-mono text-mono text-muted">
        {min === undefined
          ? formatNumber(max)
          : t('docs.limit.range', { min: formatNumber(min), max: formatNumber(max) })}
      </span>,
    ],
  }));
  return (
    <Section id="limits" title={t('docs.limits')} body={t('docs.limits.body')}>
      <DataTable label={t('docs.limits')} head={[t('docs.limits.what'), t('docs.limits.bound')]} rows={rows} />
    </Section>
  );
}
