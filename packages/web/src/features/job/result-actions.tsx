import { Copy, Download, ExternalLink, ImagePlus } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { buttonClass } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';

function downloadUrl(url: string): string {
  const address = new URL(url, window.location.href);
  address.searchParams.set('download', '');
  return address.href;
}

/** What can be done with a finished picture. `inputUrl`: Home with this picture to begin with, where a backend can do that. */
export function ResultActions({ url, inputUrl }: { url: string; inputUrl: string | undefined }) {
  return (
    <div className="flex flex-wrap gap-2">
      <a href={downloadUrl(url)} download className={buttonClass({ variant: 'primary', size: 'sm' })}>
        <Download aria-hidden="true" />
        {t('preview.download')}
      </a>
      <a href={url} target="_blank" rel="noreferrer" className={buttonClass({ size: 'sm' })}>
        <ExternalLink aria-hidden="true" />
        {t('preview.open')}
      </a>
      <CopyButton size="sm" text={() => new URL(url, window.location.href).href} copied={t('preview.copied')}>
        <Copy aria-hidden="true" />
        {t('preview.copy')}
      </CopyButton>
      {inputUrl !== undefined && (
        <a href={inputUrl} className={buttonClass({ size: 'sm' })}>
          <ImagePlus aria-hidden="true" />
          {t('preview.input')}
        </a>
      )}
    </div>
  );
}
