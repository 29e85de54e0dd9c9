import { Ban, Download, ExternalLink, ImagePlus, LoaderCircle, Pencil, RefreshCw, RotateCcw } from 'lucide-react';
import { type ReactNode, type Ref, useState } from 'react';
import { errorGuidance, errorMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { isPlaceholder } from '../../lib/placeholder.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { CrossfadeImage } from '../../ui/crossfade-image.tsx';
import { Progress } from '../../ui/progress.tsx';
import type { Picture } from './model/picture.ts';
import { PictureState } from './picture-state.tsx';
import type { Sight } from './use-sight.ts';

export interface PictureCardProps {
  readonly ref: Ref<HTMLDivElement>;
  readonly picture: Picture;
  /** Pictures that were never in sight are not loaded. */
  readonly sight: Sight;
  /** Its backend does not tell how far it is. */
  readonly untold: boolean;
  /** How long such pictures usually take there, ms. */
  readonly usual: number | undefined;
  readonly onCancel: () => Promise<void>;
  readonly onAgain: () => Promise<void>;
  /** Undefined: its request is not known. */
  readonly onEdit: (() => void) | undefined;
  /** Undefined: no backend can begin with a picture. */
  readonly onInput: ((url: string) => void) | undefined;
}

/** A button that is busy until what it began is done. */
function ActButton({ act, children }: { act: () => Promise<void>; children: ReactNode }) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await act();
    setBusy(false);
  };
  return (
    <Button size="sm" variant="secondary" loading={busy} onClick={run}>
      {children}
    </Button>
  );
}

function Frame({ children }: { children: ReactNode }) {
  return (
    <div className="w-full max-w-96 overflow-hidden rounded-card rounded-bl-md border border-border bg-surface shadow-card">
      {children}
    </div>
  );
}

function UnderWay({ picture, sight, untold, usual, onCancel }: PictureCardProps) {
  const { prompt, percent, previewUrl, urls, status } = picture;
  return (
    <Frame>
      <div
        data-testid="stage"
        // Its size does not depend on what is in it: out of sight nothing of it is painted or moved.
        className="relative aspect-square bg-sunken [content-visibility:auto]"
      >
        <CrossfadeImage
          src={sight === 'never' ? undefined : (previewUrl ?? urls.at(-1))}
          alt={t('chat.picture.alt.preview', { prompt })}
          instant={false}
          placeholder={
            <div className="shimmer absolute inset-0 grid place-items-center">
              <LoaderCircle aria-hidden="true" className="size-6 animate-spin text-primary" />
            </div>
          }
        />
      </div>
      <div className="border-border border-t p-3">
        <Progress
          value={untold && status === 'processing' ? undefined : percent}
          label={t('chat.picture.progress', { prompt })}
          tone={status === 'queued' ? 'idle' : 'active'}
        />
        <div className="mt-2 flex items-center justify-between gap-3">
          {/* Of a size of its own: what changes in it moves nothing else of a long page. */}
          <p className="flex h-9 min-w-0 flex-1 items-center text-muted text-small tabular [contain:strict]">
            <span>
              <PictureState picture={picture} untold={untold} usual={usual} />
            </span>
          </p>
          <ActButton act={onCancel}>
            <Ban aria-hidden="true" />
            {t('chat.picture.cancel')}
          </ActButton>
        </div>
      </div>
    </Frame>
  );
}

function downloadUrl(url: string): string {
  const address = new URL(url, window.location.href);
  address.searchParams.set('download', '');
  return address.href;
}

interface ResultProps {
  readonly url: string;
  readonly sight: Sight;
  readonly index: number;
  readonly count: number;
  readonly prompt: string;
  readonly onInput: PictureCardProps['onInput'];
  /** What can be done about all of them, where this is the only one. */
  readonly children: ReactNode;
}

/** A finished picture and what can be done with it. */
function Result({ url, sight, index, count, prompt, onInput, children }: ResultProps) {
  const label = (text: string) => (count === 1 ? text : `${text}, ${t('chat.picture.of', { index, count })}`);
  return (
    <figure className="min-w-0">
      <a
        href={url}
        target="_blank"
        rel="noreferrer"
        aria-label={t('chat.picture.open.label', { index, count })}
        className="relative block aspect-square bg-sunken -outline-offset-2"
      >
        <CrossfadeImage
          src={sight === 'never' ? undefined : url}
          alt={t('chat.picture.alt', { prompt })}
          instant={false}
          placeholder={<div className="shimmer absolute inset-0" />}
        />
      </a>
      <figcaption className="flex flex-wrap gap-0.5 border-border border-t p-1.5">
        <a
          href={url}
          target="_blank"
          rel="noreferrer"
          aria-label={label(t('chat.picture.open'))}
          title={t('chat.picture.open')}
          className={buttonClass({ variant: 'ghost', size: 'icon' })}
        >
          <ExternalLink aria-hidden="true" />
        </a>
        <a
          href={downloadUrl(url)}
          download
          aria-label={label(t('chat.picture.download'))}
          title={t('chat.picture.download')}
          className={buttonClass({ variant: 'ghost', size: 'icon' })}
        >
          <Download aria-hidden="true" />
        </a>
        {onInput !== undefined && (
          <Button
            variant="ghost"
            size={count === 1 ? 'sm' : 'icon'}
            aria-label={label(t('chat.picture.input'))}
            title={t('chat.picture.input')}
            onClick={() => onInput(url)}
          >
            <ImagePlus aria-hidden="true" />
            {count === 1 && t('chat.picture.input')}
          </Button>
        )}
        {children}
      </figcaption>
    </figure>
  );
}

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
      <div className={count > 1 ? 'grid grid-cols-2 gap-px bg-border [&>figure]:bg-surface' : ''}>
        {urls.map((url, index) => (
          <Result key={url} url={url} index={index + 1} count={count} {...{ sight, prompt, onInput }}>
            {count === 1 && actions}
          </Result>
        ))}
      </div>
      {count > 1 && <div className="flex border-border border-t p-1.5">{actions}</div>}
    </Frame>
  );
}

function errorText({ error }: Picture): { title: string; body: string } {
  const { code, message = '' } = error ?? {};
  if (code === 'CANCELLED') return { title: t('chat.picture.cancelled'), body: '' };
  if (code === undefined) return { title: message, body: '' };
  return { title: errorMessage(code), body: errorGuidance({ code, message }) };
}

function Failed({ picture, onAgain, onEdit }: PictureCardProps) {
  const { title, body } = errorText(picture);
  const cancelled = picture.error?.code === 'CANCELLED';
  return (
    <div className="flex max-w-xl flex-col gap-2">
      {picture.previewUrl !== undefined && !cancelled && (
        <div className="relative size-40 overflow-hidden rounded-card border border-border bg-sunken">
          <img
            src={picture.previewUrl}
            alt={
              isPlaceholder(picture.previewUrl)
                ? t('chat.picture.alt.none')
                : t('chat.picture.alt.preview', { prompt: picture.prompt })
            }
            loading="lazy"
            className="size-full object-cover opacity-60"
          />
        </div>
      )}
      <Callout
        tone={cancelled ? 'neutral' : 'error'}
        title={title}
        actions={
          <>
            <ActButton act={onAgain}>
              <RotateCcw aria-hidden="true" />
              {t('chat.picture.again')}
            </ActButton>
            {onEdit !== undefined && (
              <Button size="sm" variant="ghost" onClick={onEdit}>
                <Pencil aria-hidden="true" />
                {t('chat.picture.edit')}
              </Button>
            )}
          </>
        }
      >
        {body === '' ? undefined : body}
      </Callout>
    </div>
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
