import type { Job } from '@darkroom/protocol';
import { Copy } from 'lucide-react';
import { memo } from 'react';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { Card, CardHeader } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { settingsOf, settingsText } from './settings.ts';

/** What the pictures are made with, to be read and copied. */
export const SettingsCard = memo(function SettingsCard({
  prompt,
  options,
  provider,
}: Pick<Job, 'prompt' | 'options' | 'provider'>) {
  useLanguage();
  const job = { prompt, ...(options && { options }), ...(provider !== undefined && { provider }) };
  const image = options?.image;
  return (
    <Card aria-labelledby="settings">
      <CardHeader id="settings" title={t('settings.title')}>
        <CopyButton size="sm" text={() => settingsText(job, window.location.origin)} copied={t('settings.copied')}>
          <Copy aria-hidden="true" />
          {t('settings.copy')}
        </CopyButton>
      </CardHeader>
      <div className="flex gap-4 max-sm:flex-col px-4 pb-4 sm:px-5 sm:pb-5">
        {image !== undefined && (
          <a
            href={image}
            target="_blank"
            rel="noreferrer"
            className="size-20 shrink-0 overflow-hidden rounded-control border border-border bg-sunken transition-colors duration-150 hover:border-border-strong"
          >
            <img src={image} alt={t('settings.image')} loading="lazy" className="size-full object-cover" />
          </a>
        )}
        <dl className="grid min-w-0 flex-1 grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
          {settingsOf(job).map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="break-words tabular">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  );
});
