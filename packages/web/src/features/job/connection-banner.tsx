import { errorMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Countdown } from './countdown.tsx';
import type { PageState } from './page-state.ts';

type ConnectionState = Extract<PageState, { kind: 'connecting' | 'degraded' | 'reconnecting' }>;

interface ConnectionBannerProps {
  readonly state: ConnectionState;
  readonly onReconnect: () => void;
  readonly onPoll: () => void;
}

/** What a network that blocks streams leaves to choose. */
function BlockedActions({ onReconnect, onPoll }: Pick<ConnectionBannerProps, 'onReconnect' | 'onPoll'>) {
  return (
    <>
      <Button size="sm" onClick={onPoll}>
        {t('state.blocked.poll')}
      </Button>
      <Button size="sm" onClick={onReconnect}>
        {t('state.blocked.retry')}
      </Button>
    </>
  );
}

function ReconnectAction({ onReconnect }: Pick<ConnectionBannerProps, 'onReconnect'>) {
  return (
    <Button size="sm" onClick={onReconnect}>
      {t('state.reconnecting.action')}
    </Button>
  );
}

const REASONS = {
  blocked: () => errorMessage('STREAM_UNAVAILABLE'),
  lost: () => errorMessage('NETWORK_DISCONNECTED'),
  chosen: () => t('state.degraded.chosen'),
} as const;

function Degraded({ state, ...act }: ConnectionBannerProps & { state: Extract<PageState, { kind: 'degraded' }> }) {
  const { reason, everySeconds } = state;
  const actions = reason === 'blocked' ? <BlockedActions {...act} /> : <ReconnectAction {...act} />;
  return (
    <Callout
      tone={reason === 'chosen' ? 'info' : 'warning'}
      title={t('state.degraded', { count: everySeconds })}
      actions={actions}
    >
      {REASONS[reason]()}
    </Callout>
  );
}

/** How the page is connected, whenever it is not simply live. */
export function ConnectionBanner({ state, ...act }: ConnectionBannerProps) {
  if (state.kind === 'degraded') return <Degraded state={state} {...act} />;
  if (state.kind === 'connecting') {
    return (
      <Callout tone="busy" title={t('state.connecting')} actions={state.blocked && <BlockedActions {...act} />}>
        {state.blocked ? errorMessage('STREAM_UNAVAILABLE') : t('state.connecting.body')}
      </Callout>
    );
  }
  const title = `${t('state.reconnecting')} ${errorMessage(state.blocked ? 'STREAM_UNAVAILABLE' : 'NETWORK_DISCONNECTED')}`;
  const actions = state.blocked ? <BlockedActions {...act} /> : <ReconnectAction {...act} />;
  return (
    <Callout tone="busy" title={title} actions={actions}>
      <Countdown attempt={state.attempt} retryAt={state.retryAt} />
    </Callout>
  );
}
