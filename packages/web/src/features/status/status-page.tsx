import { useDarkroom } from '@darkroom/client/react';
import type { HealthResponse } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { CloudOff, RefreshCw, ServerOff } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { formatAgo, formatNumber } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { useNow } from '../../lib/use-now.ts';
import { type Refreshed, useRefreshed } from '../../lib/use-refreshed.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LiveRegion } from '../../ui/live-region.tsx';
import { BackendCard } from './backend-card.tsx';
import { announcementOf, summaryOf } from './summary.ts';
import { uptimeText } from './uptime.ts';

const REFRESH_MS = 5_000;
const TILES = ['a', 'b', 'c', 'd'];

function Loading() {
  return (
    <div role="status">
      <span className="sr-only">{t('app.loading')}</span>
      <div aria-hidden="true" className="space-y-6">
        <div className="shimmer h-16 rounded-card" />
        <div className="grid grid-cols-2 gap-4 sm:gap-6 lg:grid-cols-4">
          {TILES.map((tile) => (
            <div key={tile} className="shimmer h-20 rounded-card" />
          ))}
        </div>
        <div className="grid gap-6 lg:grid-cols-2">
          <div className="shimmer h-80 rounded-card" />
          <div className="shimmer h-80 rounded-card" />
        </div>
      </div>
    </div>
  );
}

function Tile({ name, children, bad = false }: { name: string; children: ReactNode; bad?: boolean }) {
  return (
    <div className="rounded-card border border-border bg-surface px-4 py-3.5 shadow-card sm:px-5">
      <dt className="text-muted text-small">{name}</dt>
      <dd className={clsx('mt-0.5 break-words font-semibold text-prompt tabular', bad && 'text-error')}>{children}</dd>
    </div>
  );
}

function ServerTiles({ health }: { health: HealthResponse }) {
  const { version, uptime, queued, storage } = health;
  return (
    <section aria-label={t('health.server')}>
      <dl className="grid grid-cols-2 gap-4 sm:gap-6 lg:grid-cols-4">
        <Tile name={t('health.version')}>{version}</Tile>
        <Tile name={t('health.uptime')}>{uptimeText(uptime)}</Tile>
        <Tile name={t('health.queued')}>{formatNumber(queued)}</Tile>
        <Tile name={t('health.storage.name')} bad={!storage.ok}>
          {t(storage.ok ? 'health.storage.ok' : 'health.storage.bad')}
        </Tile>
      </dl>
    </section>
  );
}

function NoBackends() {
  const docs = (
    <a href="/docs" className={buttonClass()}>
      {t('health.empty.action')}
    </a>
  );
  return <EmptyState icon={ServerOff} title={t('health.empty.title')} body={t('health.empty.body')} actions={docs} />;
}

function Backends({ backends }: { backends: HealthResponse['providers'] }) {
  return (
    <section aria-labelledby="backends">
      <header className="mb-4 flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 id="backends" className="font-semibold text-h2">
          {t('health.backends')}
        </h2>
        {backends.length > 1 && <p className="text-muted text-small">{t('health.backends.order')}</p>}
      </header>
      <ul className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
        {backends.map((backend) => (
          <li key={backend.name} className="min-w-0">
            <BackendCard backend={backend} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The newest answer, or why there is none; an older one stays, and says how old it is. */
function Content({ data, at, failure, refresh }: Refreshed<HealthResponse>) {
  const again = (
    <Button size="sm" onClick={refresh}>
      <RefreshCw aria-hidden="true" />
      {t('health.silent.action')}
    </Button>
  );
  if (data === undefined || at === undefined) {
    if (failure === undefined) return <Loading />;
    return <EmptyState icon={CloudOff} title={t('health.silent')} body={t('health.silent.nothing')} actions={again} />;
  }
  const summary = summaryOf(data);
  return (
    <div className="space-y-6">
      {failure !== undefined && (
        <Callout tone="warning" role="alert" title={t('health.silent')} actions={again}>
          <SilentSince at={at} />
        </Callout>
      )}
      {failure === undefined && summary !== undefined && (
        <Callout tone={summary.tone} title={summary.title}>
          {summary.body}
        </Callout>
      )}
      <div className="space-y-8">
        <ServerTiles health={data} />
        {data.providers.length === 0 ? <NoBackends /> : <Backends backends={data.providers} />}
      </div>
    </div>
  );
}

function SilentSince({ at }: { at: number }) {
  return t('health.silent.body', { ago: formatAgo(at, useNow()) });
}

function LastUpdated({ at }: { at: number }) {
  return t('health.updated', { ago: formatAgo(at, useNow()) });
}

/** How the server and its backends are, by themselves kept up to date. */
export default function StatusPage() {
  usePageMeta(t('health.title'), t('health.description'));
  const client = useDarkroom();
  const load = useCallback(() => client.health(), [client]);
  const health = useRefreshed(load, REFRESH_MS);
  const { data, at, failure, refresh } = health;
  return (
    <>
      <LiveRegion text={failure !== undefined || data === undefined ? '' : announcementOf(data)} />
      <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3 sm:mb-8">
        <div>
          <h1 className="font-semibold text-h1">{t('health.title')}</h1>
          <p className="mt-1.5 text-muted">{t('health.description')}</p>
        </div>
        {at !== undefined && (
          <div className="flex items-center gap-3">
            <span data-testid="last-updated" className="text-muted text-small tabular">
              <LastUpdated at={at} />
            </span>
            <Button size="icon" aria-label={t('health.refresh')} onClick={refresh}>
              <RefreshCw aria-hidden="true" />
            </Button>
          </div>
        )}
      </header>
      <Content {...health} />
    </>
  );
}
