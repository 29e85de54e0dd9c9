import type { ProviderFailure, ProviderStatus } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { type ReactNode, useId } from 'react';
import { errorDetail, errorText } from '../../i18n/error-copy.ts';
import { formatAgo, formatDateTime, formatDuration, formatList, formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { backendHealth } from '../../lib/backend-text.ts';
import { useNow } from '../../lib/use-now.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { ServerDetail } from '../../ui/server-detail.tsx';
import { Abilities, KnownNames } from './abilities.tsx';
import { HealthPill } from './health-pill.tsx';
import { healthReport } from './health-report.ts';

/** More places than this are told by the number alone. */
const MOST_PLACES = 8;
const FAILURES_TICK_MS = 30_000;

/** What the breaker does, in plain words; nothing while it lets jobs through. */
function breakerText({ breaker, retryAt, recentFailures }: ProviderStatus): string | undefined {
  if (breaker === 'closed') return undefined;
  if (breaker === 'half-open') return t('health.breaker.half-open');
  if (retryAt === undefined || recentFailures.length === 0) return t('health.breaker.resting');
  return t('health.breaker.open', { count: recentFailures.length, time: formatTime(retryAt) });
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-small">{name}</dt>
      <dd className="mt-0.5 font-medium tabular">{children}</dd>
    </div>
  );
}

function Load({ running, concurrency }: Pick<ProviderStatus, 'running' | 'concurrency'>) {
  const places = concurrency <= MOST_PLACES ? Array.from({ length: concurrency }, (_, place) => place) : [];
  return (
    <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
      {t('health.load.value', { running, concurrency })}
      <span aria-hidden="true" className="flex gap-1">
        {places.map((place) => (
          <span key={place} className={clsx('h-2 w-4 rounded-full', place < running ? 'bg-primary' : 'bg-border')} />
        ))}
      </span>
    </span>
  );
}

function Failures({ failures }: { failures: readonly ProviderFailure[] }) {
  const now = useNow(FAILURES_TICK_MS);
  const title = useId();
  return (
    <div className="border-border border-t px-4 py-3 sm:px-5">
      <h4 id={title} className="text-muted text-small">
        {t('health.failures')}
      </h4>
      {failures.length === 0 && <p className="mt-0.5">{t('health.failures.none')}</p>}
      <ul aria-labelledby={title} className="space-y-2">
        {failures.map(({ at, error }) => (
          <li key={`${at} ${error.message}`} className="mt-1.5">
            <p className="break-words">{errorText(error)}</p>
            <ServerDetail detail={errorDetail(error)} />
            <p className="text-muted text-small">
              <time dateTime={at} title={formatDateTime(at)}>
                {formatTime(at)} · {formatAgo(Date.parse(at), now)}
              </time>{' '}
              · <span className="font-mono">{error.code}</span>
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** One backend: its health, its load, what it can do, and what went wrong lately. */
export function BackendCard({ backend }: { backend: ProviderStatus }) {
  const { name, kind, meanMs, capabilities: can } = backend;
  const title = useId();
  const breaker = breakerText(backend);
  const report = healthReport(backend);
  return (
    <Card aria-labelledby={title} className="flex flex-col overflow-hidden">
      <header className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2 px-4 pt-4 sm:px-5">
        <div className="flex min-w-0 flex-wrap items-center gap-2">
          <h3 id={title} className="break-all font-semibold text-prompt">
            {name}
          </h3>
          {kind !== name && <Badge>{kind}</Badge>}
        </div>
        <HealthPill health={backendHealth(backend)} />
      </header>
      {(report !== undefined || breaker !== undefined) && (
        <div className="px-4 pt-2 text-muted sm:px-5">
          {breaker !== undefined && <p className="text-text">{breaker}</p>}
          {report !== undefined && (
            <>
              <p lang={report.lang} className="break-words">
                {report.text}
              </p>
              <ServerDetail detail={report.detail} />
            </>
          )}
        </div>
      )}
      <dl className="grid grid-cols-2 gap-4 px-4 pt-4 pb-5 sm:grid-cols-3 sm:px-5">
        <Fact name={t('health.load')}>
          <Load {...backend} />
        </Fact>
        <Fact name={t('health.mean')}>
          {meanMs === undefined ? t('health.mean.none') : t('health.mean.value', { duration: formatDuration(meanMs) })}
        </Fact>
        <Fact name={t('health.sizes')}>{formatList(can.sizes)}</Fact>
      </dl>
      <div className="flex-1 px-4 pb-5 sm:px-5">
        <Abilities can={can} />
      </div>
      <Failures failures={backend.recentFailures} />
      <KnownNames can={can} />
    </Card>
  );
}
