import type { WatchState } from '@darkroom/client';
import { Bug, ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatDateTime, formatTime } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { Card, CardHeader } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { debugInfo } from './debug-info.ts';
import { modeText } from './transport-chip.tsx';

/** As many raw events as anybody reads; the rest is one request away. */
const RAW_EVENTS = 100;

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-small">{name}</dt>
      <dd className="break-words font-mono text-mono">{children}</dd>
    </div>
  );
}

function RawEvents({ events }: Pick<WatchState, 'events'>) {
  const [open, setOpen] = useState(false);
  const newest = events.slice(-RAW_EVENTS).reverse();
  return (
    <details className="group border-border border-t" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex list-none items-center gap-2 rounded-b-card px-4 py-3 font-medium text-muted hover:text-text sm:px-5">
        <ChevronRight aria-hidden="true" className="size-4 transition-transform duration-150 group-open:rotate-90" />
        {t('support.raw')}
      </summary>
      {open && (
        <div className="px-4 pb-4 sm:px-5">
          {newest.length < events.length && (
            <p className="mb-2 text-muted text-small">
              {t('support.raw.some', { count: newest.length, all: events.length })}
            </p>
          )}
          <section
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
            tabIndex={0}
            aria-label={t('support.raw.label')}
            className="max-h-96 overflow-auto rounded-control border border-border bg-sunken p-4"
          >
            <pre className="font-mono text-mono">{JSON.stringify(newest, null, 2)}</pre>
          </section>
        </div>
      )}
    </details>
  );
}

/** What to tell whoever looks into a problem. */
export function SupportFooter({ jobId, watch }: { jobId: string; watch: WatchState }) {
  const { job, events, mode, lastMessageAt } = watch;
  const info = () => debugInfo(jobId, watch, { url: window.location.href, agent: navigator.userAgent });
  return (
    <Card aria-labelledby="support" className="mt-6">
      <CardHeader id="support" title={t('support.title')}>
        <CopyButton size="sm" text={info} copied={t('support.copied')}>
          <Bug aria-hidden="true" />
          {t('support.copy')}
        </CopyButton>
      </CardHeader>
      <dl className="grid grid-cols-2 gap-4 px-4 pb-4 sm:grid-cols-5 sm:px-5">
        <Fact name={t('support.seq')}>{events.at(-1)?.seq ?? 0}</Fact>
        <Fact name={t('support.mode')}>{modeText(mode)}</Fact>
        <Fact name={t('support.created')}>{job && formatDateTime(job.createdAt)}</Fact>
        <Fact name={t('support.updated')}>
          {lastMessageAt === undefined ? '–' : formatTime(new Date(lastMessageAt).toISOString())}
        </Fact>
        <Fact name={t('support.provider')}>{job?.provider ?? '–'}</Fact>
      </dl>
      <RawEvents events={events} />
    </Card>
  );
}
