import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import type { PictureCardProps } from './picture-card-props.ts';
import { Failed } from './picture-failed.tsx';
import { Frame, Grid } from './picture-frame.tsx';
import { Result } from './picture-result.tsx';
import { UnderWay } from './picture-under-way.tsx';

/** Asks for the same again, and the way to the job's page. */
function JobActions({ jobId, onAgain }: { jobId: string; onAgain: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    await onAgain();
    setBusy(false);
  };
  return (
    <>
      <Button
        variant="ghost"
        size="icon"
        disabled={busy}
        aria-label={t('chat.picture.another')}
        title={t('chat.picture.another')}
        onClick={again}
      >
        <RefreshCw aria-hidden="true" />
      </Button>
      <a href={`/jobs/${jobId}`} className={buttonClass({ variant: 'ghost', size: 'sm', className: 'ml-auto' })}>
        {t('chat.picture.details')}
      </a>
    </>
  );
}

function Complete({ picture, sight, onInput, onAgain }: PictureCardProps) {
  const { urls, prompt, jobId } = picture;
  const count = urls.length;
  const actions = <JobActions jobId={jobId} onAgain={onAgain} />;
  return (
    <Frame>
      <Grid count={count}>
        {urls.map((url, index) => (
          <Result key={url} url={url} index={index + 1} count={count} {...{ sight, prompt, onInput }}>
            {count === 1 && actions}
          </Result>
        ))}
      </Grid>
      {count > 1 && <div className="flex border-border border-t p-1.5">{actions}</div>}
    </Frame>
  );
}

/** A picture of the conversation: on its way, done, or why not. */
export function PictureCard(props: PictureCardProps) {
  const { status } = props.picture;
  return (
    <div ref={props.ref} data-testid="picture" data-status={status}>
      {status === 'complete' && <Complete {...props} />}
      {status === 'error' && <Failed {...props} />}
      {(status === 'queued' || status === 'processing') && <UnderWay {...props} />}
    </div>
  );
}
