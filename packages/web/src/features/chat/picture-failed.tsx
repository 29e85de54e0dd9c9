import { Pencil, RotateCcw } from 'lucide-react';
import { errorGuidance, errorMessage } from '../../i18n/error-copy.ts';
import { t } from '../../i18n/translate.ts';
import { isPlaceholder } from '../../lib/placeholder.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { ActButton } from './act-button.tsx';
import type { Picture } from './model/picture.ts';
import type { PictureCardProps } from './picture-card-props.ts';
import { Frame, Grid } from './picture-frame.tsx';
import { Result } from './picture-result.tsx';

function isCancelled({ error }: Picture): boolean {
  return error?.code === 'CANCELLED';
}

function errorText({ error }: Picture): { title: string; body: string } {
  const { code, message = '' } = error ?? {};
  if (code === 'CANCELLED') return { title: t('chat.picture.cancelled'), body: '' };
  if (code === undefined) return { title: message, body: '' };
  return { title: errorMessage(code), body: errorGuidance({ code, message }) };
}

/** What became of the others, where one of several failed. */
function keptText({ urls, retryable }: Picture): string {
  if (urls.length === 0) return '';
  const kept = t('chat.picture.kept', { count: urls.length });
  return retryable ? `${kept} ${t('chat.picture.kept.on')}` : kept;
}

/** Pictures of the request that were made before it failed. */
function Kept({ picture, sight, onInput }: PictureCardProps) {
  const { urls, prompt } = picture;
  return (
    <Frame>
      <Grid count={urls.length}>
        {urls.map((url, index) => (
          <Result key={url} url={url} index={index + 1} count={urls.length} {...{ sight, prompt, onInput }} />
        ))}
      </Grid>
    </Frame>
  );
}

/** How far it came. */
function LastPreview({ url, prompt }: { url: string; prompt: string }) {
  return (
    <div className="relative size-40 overflow-hidden rounded-card border border-border bg-sunken">
      <img
        src={url}
        alt={isPlaceholder(url) ? t('chat.picture.alt.none') : t('chat.picture.alt.preview', { prompt })}
        loading="lazy"
        className="size-full object-cover opacity-60"
      />
    </div>
  );
}

/** Why there is no picture, or not all of them. */
export function Failed(props: PictureCardProps) {
  const { picture, onAgain, onEdit } = props;
  const { urls, previewUrl, prompt, jobId } = picture;
  const { title, body } = errorText(picture);
  const cancelled = isCancelled(picture);
  const more = [body, keptText(picture)].filter(Boolean).join(' ');
  return (
    <div className="flex max-w-xl flex-col gap-2">
      {urls.length > 0 && <Kept {...props} />}
      {urls.length === 0 && previewUrl !== undefined && !cancelled && <LastPreview url={previewUrl} prompt={prompt} />}
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
            <a href={`/jobs/${jobId}`} className={buttonClass({ variant: 'ghost', size: 'sm' })}>
              {t('chat.picture.details')}
            </a>
          </>
        }
      >
        {more === '' ? undefined : more}
      </Callout>
    </div>
  );
}
