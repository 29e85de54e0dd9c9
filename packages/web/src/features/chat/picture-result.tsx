import { Download, ExternalLink, ImagePlus } from 'lucide-react';
import type { ReactNode } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { CrossfadeImage } from '../../ui/crossfade-image.tsx';
import type { PictureCardProps } from './picture-card-props.ts';
import type { Sight } from './use-sight.ts';

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
  readonly children?: ReactNode;
}

/** A finished picture and what can be done with it. */
export function Result({ url, sight, index, count, prompt, onInput, children }: ResultProps) {
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
