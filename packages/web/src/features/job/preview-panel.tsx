import { canCancel, type Job } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { ImageOff, LoaderCircle } from 'lucide-react';
import { useState } from 'react';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Card, CardHeader } from '../../ui/card.tsx';
import { CrossfadeImage } from './crossfade-image.tsx';
import { FilmStrip } from './film-strip.tsx';
import type { Frame } from './frames.ts';
import { ResultActions } from './result-actions.tsx';
import type { Film } from './use-film.ts';

const LEAST_FRAMES = 2;

/** What stands where no picture is. */
function Placeholder({ waiting }: { waiting: boolean }) {
  const Icon = waiting ? LoaderCircle : ImageOff;
  return (
    <div className={clsx('absolute inset-0', waiting && 'shimmer')}>
      <p className="absolute inset-0 z-10 flex flex-col items-center justify-center gap-3 text-muted">
        <Icon aria-hidden="true" className={clsx('size-6', waiting && 'animate-spin text-primary')} />
        {t(waiting ? 'preview.waiting' : 'preview.none')}
      </p>
    </div>
  );
}

function ResultThumbnails({
  urls,
  chosen,
  onChoose,
}: {
  urls: readonly string[];
  chosen: number;
  onChoose: (index: number) => void;
}) {
  return (
    <ul aria-label={t('preview.images')} className="flex gap-2 px-4 pt-4 sm:px-5">
      {urls.map((url, index) => (
        <li key={url}>
          <button
            type="button"
            aria-label={t('preview.image', { index: index + 1, count: urls.length })}
            aria-pressed={index === chosen}
            onClick={() => onChoose(index)}
            className={clsx(
              'block size-16 overflow-hidden rounded-control border',
              index === chosen ? 'border-primary' : 'border-border',
            )}
          >
            <img src={url} alt="" decoding="async" className="size-full object-cover" />
          </button>
        </li>
      ))}
    </ul>
  );
}

interface PreviewPanelProps {
  readonly job: Job;
  readonly frames: readonly Frame[];
  /** The frame the reader wants to see, if not the newest. */
  readonly pinned: Frame | undefined;
  readonly film: Film;
}

/** The picture as it comes to be, then the picture. */
export function PreviewPanel({ job, frames, pinned, film }: PreviewPanelProps) {
  const [chosen, setChosen] = useState(0);
  const results = job.resultUrls ?? [];
  const result = results[chosen] ?? results[0];
  const underWay = canCancel(job);
  const src = pinned?.url ?? result ?? job.previewUrl ?? frames.at(-1)?.url;
  const final = pinned === undefined && result !== undefined;
  const percent = formatPercent(pinned?.percent ?? job.percent ?? 0);
  const alt = final
    ? t('preview.alt.result', { prompt: job.prompt })
    : t('preview.alt', { prompt: job.prompt, percent });
  return (
    <Card aria-labelledby="preview" className="overflow-hidden">
      <CardHeader id="preview" title={t(result === undefined ? 'preview.title' : 'preview.result')}>
        {pinned !== undefined && underWay && (
          <span className="flex items-center gap-2 text-muted text-small tabular">
            {t('preview.pinned', { seq: pinned.seq, last: job.lastEventSeq })}
            <Button size="sm" onClick={() => film.pin(undefined)}>
              {t('preview.unpin')}
            </Button>
          </span>
        )}
        {result !== undefined && <ResultActions url={result} />}
      </CardHeader>
      <div className="border-border border-t bg-sunken">
        <div
          data-testid="preview"
          data-final={final}
          className="relative mx-auto aspect-square w-full max-w-[max(20rem,min(100%,72vh))]"
        >
          <CrossfadeImage
            src={src}
            alt={alt}
            instant={pinned !== undefined}
            placeholder={<Placeholder waiting={underWay} />}
          />
        </div>
      </div>
      {results.length > 1 && <ResultThumbnails urls={results} chosen={chosen} onChoose={setChosen} />}
      {!underWay && frames.length >= LEAST_FRAMES && <FilmStrip frames={frames} film={film} />}
    </Card>
  );
}
