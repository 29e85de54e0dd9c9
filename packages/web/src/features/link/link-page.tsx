import { Link2Off, type LucideIcon, MonitorSmartphone } from 'lucide-react';
import { useEffect, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import type { RequestFailure } from '../../lib/request-failure.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LiveRegion } from '../../ui/live-region.tsx';
import { tokenIn } from './link-state.ts';
import { type Adoption, useAdoption } from './use-adoption.ts';

/** The token of the link that was opened, taken out of the address bar at once; a link opened here later, too. */
function useToken(): string | undefined {
  const [token, setToken] = useState(() => tokenIn(window.location.hash));
  useEffect(() => {
    const take = () => {
      const opened = tokenIn(window.location.hash);
      if (opened === undefined) return;
      setToken(opened);
      window.history.replaceState(window.history.state, '', window.location.pathname);
    };
    take();
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);
  return token;
}

/** Whether the same link may still work. */
function mayTryAgain({ code }: RequestFailure): boolean {
  return code === undefined || ['RATE_LIMITED', 'STORAGE_UNAVAILABLE', 'SERVER_ERROR'].includes(code);
}

interface Words {
  readonly title: string;
  readonly body: string;
}

/** Nothing is asked here, or nothing any more: why, and what can be done. */
function NoQuestion({ icon, ...words }: Words & { icon: LucideIcon }) {
  const toChat = (
    <a href="/chat" className={buttonClass({ variant: 'primary' })}>
      {t('link.page.chat')}
    </a>
  );
  return <EmptyState icon={icon} heading="h1" actions={toChat} {...words} />;
}

/** Why there is nothing to be asked any more; undefined: there is. */
function endOf(adoption: Adoption): (Words & { icon: LucideIcon }) | undefined {
  if (adoption.kind === 'same')
    return { icon: MonitorSmartphone, title: t('link.page.same'), body: t('link.page.same.body') };
  if (adoption.kind !== 'failed' || mayTryAgain(adoption.failure)) return undefined;
  return { icon: Link2Off, title: adoption.failure.message, body: adoption.failure.advice };
}

/** What will happen, before it does. */
function Warnings({ adoption }: { adoption: Adoption }) {
  return (
    <div className="mt-6 flex w-full flex-col gap-3">
      <Callout tone="warning" title={t('link.page.care')}>
        {t('link.page.care.body')}
      </Callout>
      {'ownThings' in adoption && adoption.ownThings && (
        <Callout tone="neutral" title={t('link.page.own')}>
          {t('link.page.own.body')}
        </Callout>
      )}
      {adoption.kind === 'failed' && (
        <Callout tone="error" role="alert" title={adoption.failure.message}>
          {adoption.failure.advice}
        </Callout>
      )}
    </div>
  );
}

interface QuestionProps {
  readonly adoption: Adoption;
  readonly onConfirm: () => void;
}

/** Asks before anything happens. */
function Question({ adoption, onConfirm }: QuestionProps) {
  return (
    <div className="mx-auto flex max-w-lg animate-fade-in flex-col items-center py-8 sm:py-16">
      <span className="grid size-14 place-items-center rounded-card border border-border bg-surface shadow-card">
        <MonitorSmartphone aria-hidden="true" className="size-6 text-primary" />
      </span>
      <h1 className="mt-5 text-center font-semibold text-h1">{t('link.page.title')}</h1>
      <p className="mt-2 text-center text-muted">{t('link.page.body')}</p>
      <Warnings adoption={adoption} />
      <div className="mt-6 flex flex-wrap justify-center gap-2">
        <Button
          variant="primary"
          size="lg"
          loading={adoption.kind === 'looking' || adoption.kind === 'adopting'}
          onClick={onConfirm}
        >
          {t('link.page.confirm')}
        </Button>
        <a href="/" className={buttonClass({ size: 'lg' })}>
          {t('link.page.leave')}
        </a>
      </div>
    </div>
  );
}

/** A link that was opened here. */
function Opened({ token }: { token: string }) {
  const { adoption, confirm } = useAdoption(token);
  const end = endOf(adoption);
  return (
    <>
      {end === undefined ? <Question adoption={adoption} onConfirm={confirm} /> : <NoQuestion {...end} />}
      <LiveRegion text={end === undefined ? '' : `${end.title} ${end.body}`} />
    </>
  );
}

/** Where a link of another device leads. */
export default function LinkPage() {
  const token = useToken();
  usePageMeta(t('link.page.meta'), t('link.page.description'));
  if (token !== undefined) return <Opened key={token} token={token} />;
  return <NoQuestion icon={Link2Off} title={t('link.page.none')} body={t('link.page.none.body')} />;
}
