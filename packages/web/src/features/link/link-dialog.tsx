import { identityLinksOf } from '@darkroom/client/identity-links';
import { useDarkroom } from '@darkroom/client/react';
import { Check, Copy } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { formatDuration } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { copyText } from '../../lib/copy-text.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Input } from '../../ui/field.tsx';
import { LiveRegion } from '../../ui/live-region.tsx';
import { type LinkState, loopbackHost, made } from './link-state.ts';
import { QrCode } from './qr-code.tsx';

/** A link of its own for each time the dialog is opened, and `renew` for another one. */
function useLink(): { readonly link: LinkState; readonly renew: () => void } {
  const client = useDarkroom();
  const [link, setLink] = useState<LinkState>({ kind: 'making' });
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each try makes a link
  useEffect(() => {
    let closed = false;
    const settle = (state: LinkState) => closed || setLink(state);
    const askedAt = Date.now();
    identityLinksOf(client)
      .create()
      .then(
        (answer) => settle(made(answer, askedAt)),
        (cause: unknown) => settle({ kind: 'failed', failure: requestFailure(cause) }),
      );
    return () => {
      closed = true;
    };
  }, [client, tries]);
  const renew = useCallback(() => {
    setLink({ kind: 'making' });
    setTries((last) => last + 1);
  }, []);
  return { link, renew };
}

/** The link to be copied, which is said beside it: a toast would lie behind the dialog. */
function Address({ url }: { url: string }) {
  const [copied, setCopied] = useState<boolean>();
  const said = copied === undefined ? '' : t(copied ? 'copy.done' : 'copy.failed');
  return (
    <div>
      <div className="flex gap-2">
        <Input
          readOnly
          aria-label={t('link.address')}
          value={url}
          onFocus={(event) => event.target.select()}
          className="min-w-0 font-mono text-mono"
        />
        <Button onClick={async () => setCopied(await copyText(url))}>
          {copied === true ? <Check aria-hidden="true" className="text-success" /> : <Copy aria-hidden="true" />}
          {t('link.copy')}
        </Button>
      </div>
      <p role="status" className={copied === false ? 'mt-2 text-small' : 'sr-only'}>
        {said}
      </p>
    </div>
  );
}

/** The link, as a code for a camera and as text. */
function Made({ url, leftMs }: { url: string; leftMs: number }) {
  const host = loopbackHost(url);
  return (
    <div className="mt-5 flex flex-col gap-4">
      {host === undefined ? (
        <figure className="flex flex-col items-center gap-3 text-center">
          <QrCode text={url} label={t('link.code')} />
          <figcaption>{t('link.scan')}</figcaption>
        </figure>
      ) : (
        <Callout tone="warning" title={t('link.local', { host })}>
          {t('link.local.advice')}
        </Callout>
      )}
      <Address url={url} />
      <p className="text-small tabular">{t('link.left', { duration: formatDuration(leftMs) })}</p>
    </div>
  );
}

function Body({ link, leftMs, onRenew }: { link: LinkState; leftMs: number; onRenew: () => void }) {
  if (link.kind === 'making') {
    return <div aria-hidden="true" className="shimmer mx-auto mt-5 size-56 rounded-control" />;
  }
  if (link.kind === 'made' && leftMs > 0) return <Made key={link.url} url={link.url} leftMs={leftMs} />;
  const failure = link.kind === 'failed' ? link.failure : undefined;
  const needless = failure?.code === 'LINK_NEEDLESS';
  return (
    <div className="mt-5">
      <Callout
        tone={failure === undefined || needless ? 'neutral' : 'error'}
        role="alert"
        title={failure?.message ?? t('link.over')}
        actions={
          needless ? undefined : (
            <Button size="sm" onClick={onRenew}>
              {t(failure === undefined ? 'link.renew' : 'link.retry')}
            </Button>
          )
        }
      >
        {failure?.advice}
      </Callout>
    </div>
  );
}

/** “Continue on another device”: a link that makes it the same owner. */
export function LinkDialog({ onClose }: { onClose: () => void }) {
  const { link, renew } = useLink();
  const now = useNow();
  const leftMs = link.kind === 'made' ? link.endsAt - now : 0;
  return (
    <Dialog title={t('app.link')} onClose={onClose} actions={<Button onClick={onClose}>{t('link.close')}</Button>}>
      <p>{t('link.intro')}</p>
      <p className="mt-2">{t('link.care')}</p>
      <Body link={link} leftMs={leftMs} onRenew={renew} />
      <LiveRegion text={leftMs > 0 ? t('link.ready') : ''} />
    </Dialog>
  );
}
