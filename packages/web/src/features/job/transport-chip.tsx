import type { WatchPhase } from '@darkroom/client';
import type { TransportMode } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { Radio, RefreshCw, Rss } from 'lucide-react';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { LazyTooltip } from '../../ui/lazy-tooltip.tsx';

const MODES = {
  ws: { key: 'mode.ws', icon: Radio },
  sse: { key: 'mode.sse', icon: Rss },
  poll: { key: 'mode.poll', icon: RefreshCw },
} as const satisfies Record<TransportMode, { key: PlainKey; icon: typeof Radio }>;

const DOTS: Readonly<Record<WatchPhase, string>> = {
  loading: 'animate-pulse bg-warning',
  connecting: 'animate-pulse bg-warning',
  live: 'bg-success',
  polling: 'bg-warning',
  reconnecting: 'animate-pulse bg-warning',
  ended: 'bg-border-strong',
  refused: 'bg-error',
};

/** A transport's short name. */
export function modeText(mode: TransportMode): string {
  return t(MODES[mode].key);
}

/** The transport in use; its dot tells whether it is connected. */
export function TransportChip({ mode, phase }: { mode: TransportMode; phase: WatchPhase }) {
  const { icon: Icon } = MODES[mode];
  return (
    <LazyTooltip text={t('mode.hint')}>
      <button
        type="button"
        data-testid="transport"
        data-mode={mode}
        aria-label={t('mode.label', { mode: modeText(mode), hint: t('mode.hint') })}
        className="inline-flex h-6 cursor-default items-center gap-1.5 rounded-full border border-border bg-raised px-2.5 font-medium text-muted text-small"
      >
        <Icon aria-hidden="true" className="size-3 max-sm:hidden" />
        {modeText(mode)}
        <span aria-hidden="true" className={clsx('size-1.5 rounded-full', DOTS[phase])} />
      </button>
    </LazyTooltip>
  );
}
