import { Ban, LoaderCircle } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { CrossfadeImage } from '../../ui/crossfade-image.tsx';
import { Progress } from '../../ui/progress.tsx';
import { ActButton } from './act-button.tsx';
import type { PictureCardProps } from './picture-card-props.ts';
import { Frame, Grid } from './picture-frame.tsx';
import { Result } from './picture-result.tsx';
import { PictureState } from './picture-state.tsx';

/** Where the picture at hand comes out of the noise. */
function Stage({ picture, sight }: Pick<PictureCardProps, 'picture' | 'sight'>) {
  return (
    <div
      data-testid="stage"
      // Its size does not depend on what is in it: out of sight nothing of it is painted or moved.
      className="relative aspect-square bg-sunken [content-visibility:auto]"
    >
      <CrossfadeImage
        src={sight === 'never' ? undefined : picture.previewUrl}
        alt={t('chat.picture.alt.preview', { prompt: picture.prompt })}
        instant={false}
        placeholder={
          <div className="shimmer absolute inset-0 grid place-items-center">
            <LoaderCircle aria-hidden="true" className="size-6 animate-spin text-primary" />
          </div>
        }
      />
    </div>
  );
}

function Caption({ children }: { children: string }) {
  return <p className="flex h-11.25 items-center border-border border-t px-3 text-muted text-small">{children}</p>;
}

/** Each of several pictures in its place from the beginning: made, being made, or still to come. */
function Several(props: PictureCardProps) {
  const { picture, sight, onInput } = props;
  const { urls, count, prompt, status } = picture;
  const ahead = Array.from({ length: Math.max(0, count - urls.length) }, (_, index) => urls.length + index + 1);
  return (
    <Grid count={count}>
      {urls.map((url, index) => (
        <Result key={url} url={url} index={index + 1} {...{ sight, count, prompt, onInput }} />
      ))}
      {ahead.map((index) =>
        index === urls.length + 1 && status === 'processing' ? (
          <div key={index} className="min-w-0">
            <Stage key={`stage-${index}`} picture={picture} sight={sight} />
            <Caption>{t('chat.picture.working')}</Caption>
          </div>
        ) : (
          <div key={index} className="min-w-0">
            <div className="aspect-square bg-sunken" />
            <Caption>{t('chat.active.waiting')}</Caption>
          </div>
        ),
      )}
    </Grid>
  );
}

/** A request that waits, or is being worked on. */
export function UnderWay(props: PictureCardProps) {
  const { picture, sight, untold, usual, onCancel } = props;
  const { prompt, percent, status, count } = picture;
  return (
    <Frame>
      {count === 1 ? <Stage picture={picture} sight={sight} /> : <Several {...props} />}
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
