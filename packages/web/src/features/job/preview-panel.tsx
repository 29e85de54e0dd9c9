import { canCancel, type Job, type ProviderStatus } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { ImageOff, LoaderCircle } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { prefillUrl } from '../../lib/prefill.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, CardHeader } from '../../ui/card.tsx';
import { CrossfadeImage } from '../../ui/crossfade-image.tsx';
import { FilmStrip } from './film-strip.tsx';
import type { Frame } from './frames.ts';
import { ResultActions } from './result-actions.tsx';
import { ResultThumbnails } from './result-thumbnails.tsx';
import type { Film } from './use-film.ts';

const LEAST_FRAMES = 2;

/** What stands where no picture is. */
function Nothing({ waiting, previews }: { waiting: boolean; previews: boolean }) {
  const Icon = waiting ? LoaderCircle : ImageOff;
  const hope = previews ? 'preview.waiting' : 'preview.notShown';
  return (
    <div className={clsx('absolute inset-0', waiting && 'shimmer')}>
      <p className="absolute inset-0 z-10 flex flex-col items-center justify-center gap-3 px-6 text-center text-muted">
        <Icon aria-hidden="true" className={clsx('size-6', waiting && 'animate-spin text-primary')} />
        {t(waiting ? hope : 'preview.none')}
      </p>
    </div>
  );
}

interface PreviewPanelProps {
  readonly job: Job;
  readonly frames: readonly Frame[];
  /** The frame the reader wants to see, if not the newest. */
  readonly pinned: Frame | undefined;
  readonly film: Film;
  /** What is shown in the picture's place, where the job failed without one. */
  readonly placeholder: string | undefined;
  readonly backends: readonly ProviderStatus[] | undefined;
}

/** What is on show, and what of it is a finished picture. */
function onShow({ job, frames, pinned, placeholder }: PreviewPanelProps, chosen: number | undefined) {
  const results = job.resultUrls ?? [];
  const ended = canCancel(job) ? undefined : (results.at(-1) ?? placeholder);
  const src = pinned?.url ?? results[chosen ?? -1] ?? ended ?? frames.at(-1)?.url ?? job.previewUrl;
  const index = src === undefined ? -1 : results.indexOf(src);
  return { results, src, index, isResult: pinned === undefined && index !== -1 };
}

/** The picture as it comes to be, then the picture; of several, those that are done and the one being made. */
export function PreviewPanel(props: PreviewPanelProps) {
  const { job, frames, pinned, film, placeholder, backends } = props;
  const [chosen, setChosen] = useState<number>();
  const { results, src, index, isResult } = onShow(props, chosen);
  const underWay = canCancel(job);
  const count = job.options?.count ?? 1;
  const isPlaceholder = src !== undefined && src === placeholder;
  const backend = backends?.find(({ name }) => name === job.provider);
  const percent = formatPercent(pinned?.percent ?? job.percent ?? 0);
  return (
    <Card aria-labelledby="preview" className="overflow-hidden">
      <CardHeader id="preview" title={t(isResult ? 'preview.result' : 'preview.title')}>
        {pinned !== undefined && underWay && <Pinned pinned={pinned} job={job} film={film} />}
        {isResult && src !== undefined && <ResultActions url={src} inputUrl={inputUrl(job, src, backends)} />}
      </CardHeader>
      <Stage isResult={isResult}>
        <CrossfadeImage
          src={src}
          alt={
            isPlaceholder
              ? t('preview.placeholder')
              : t(isResult ? 'preview.alt.result' : 'preview.alt', { prompt: job.prompt, percent })
          }
          instant={pinned !== undefined}
          placeholder={<Nothing waiting={underWay} previews={backend?.capabilities.previews !== false} />}
        />
        {isPlaceholder && <Badge className="absolute bottom-3 left-3 text-text!">{t('preview.placeholder')}</Badge>}
      </Stage>
      {results.length > 0 && count > 1 && (
        <ResultThumbnails
          urls={results}
          count={count}
          underWay={underWay}
          chosen={isResult ? index : undefined}
          onChoose={(wanted) => {
            film.pin(undefined);
            setChosen(wanted);
          }}
        />
      )}
      {!underWay && frames.length >= LEAST_FRAMES && <FilmStrip frames={frames} film={film} />}
    </Card>
  );
}

function Stage({ isResult, children }: { isResult: boolean; children: ReactNode }) {
  return (
    <div className="border-border border-t bg-sunken">
      <div
        data-testid="preview"
        data-final={isResult}
        className="relative mx-auto aspect-square w-full max-w-[max(20rem,min(100%,72vh))]"
      >
        {children}
      </div>
    </div>
  );
}

function Pinned({ pinned, job, film }: { pinned: Frame; job: Job; film: Film }) {
  return (
    <span className="flex items-center gap-2 text-muted text-small tabular">
      {t('preview.pinned', { seq: pinned.seq, last: job.lastEventSeq })}
      <Button size="sm" onClick={() => film.pin(undefined)}>
        {t('preview.unpin')}
      </Button>
    </span>
  );
}

/** Home, filled in to go on from a picture: as it was made, but once and by a new seed. Undefined where no backend can do that. */
function inputUrl({ prompt, options = {} }: Job, image: string, backends: PreviewPanelProps['backends'] = []) {
  const able = backends.filter(({ capabilities }) => capabilities.imageToImage);
  if (able.length === 0) return undefined;
  const { seed: _seed, count: _count, strength: _strength, provider, ...kept } = options;
  const again = able.some(({ name }) => name === provider) ? { provider } : {};
  return prefillUrl({ prompt, options: { ...kept, ...again, image } });
}
