import { Link2Off, MonitorSmartphone } from 'lucide-react';
import { useEffect, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
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

function ToChat() {
  return (
    <a href="/chat" className={buttonClass({ variant: 'primary' })}>
      {t('link.page.chat')}
    </a>
  );
}

/** What went wrong, in words; a link that can still be tried keeps its button. */
function Failure({ adoption }: { adoption: Extract<Adoption, { kind: 'failed' }> }) {
  return (
    <Callout tone="error" role="alert" title={adoption.failure.message}>
      {adoption.failure.advice}
    </Callout>
  );
}

/** Codes after which the same link may still work. */
function mayTryAgain({ failure }: Extract<Adoption, { kind: 'failed' }>): boolean {
  return failure.code === undefined || ['RATE_LIMITED', 'STORAGE_UNAVAILABLE', 'SERVER_ERROR'].includes(failure.code);
}

/** Asks before anything happens, and says what will. */
function Question({ token }: { token: string }) {
  const { adoption, confirm } = useAdoption(token);
  if (adoption.kind === 'same') {
    const [title, body] = [t('link.page.same'), t('link.page.same.body')];
    return <EmptyState icon={MonitorSmartphone} heading="h1" title={title} body={body} actions={<ToChat />} />;
  }
  const over = adoption.kind === 'failed' && !mayTryAgain(adoption);
  return (
    <div className="mx-auto flex max-w-lg animate-fade-in flex-col items-center py-8 sm:py-16">
      <span className="grid size-14 place-items-center rounded-card border border-border bg-surface shadow-card">
        <MonitorSmartphone aria-hidden="true" className="size-6 text-primary" />
      </span>
      <h1 className="mt-5 text-center font-semibold text-h1">{t('link.page.title')}</h1>
      <p className="mt-2 text-center text-muted">{t('link.page.body')}</p>
      <div className="mt-6 flex w-full flex-col gap-3">
        <Callout tone="warning" title={t('link.page.care')}>
          {t('link.page.care.body')}
        </Callout>
        {'ownThings' in adoption && adoption.ownThings && (
          <Callout tone="neutral" title={t('link.page.own')}>
            {t('link.page.own.body')}
          </Callout>
        )}
        {adoption.kind === 'failed' && <Failure adoption={adoption} />}
      </div>
      <div className="mt-6 flex flex-wrap justify-center gap-2">
        {!over && (
          <Button
            variant="primary"
            size="lg"
            loading={adoption.kind === 'looking' || adoption.kind === 'adopting'}
            onClick={confirm}
          >
            {t('link.page.confirm')}
          </Button>
        )}
        <a href="/" className={buttonClass({ size: 'lg' })}>
          {t(over ? 'notFound.home' : 'link.page.leave')}
        </a>
      </div>
    </div>
  );
}

/** Where a link of another device leads. */
export default function LinkPage() {
  const token = useToken();
  usePageMeta(t('link.page.meta'), t('link.page.description'));
  if (token !== undefined) return <Question key={token} token={token} />;
  const [title, body] = [t('link.page.none'), t('link.page.none.body')];
  return <EmptyState icon={Link2Off} heading="h1" title={title} body={body} actions={<ToChat />} />;
}
