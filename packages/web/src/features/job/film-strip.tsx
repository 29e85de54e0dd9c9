import { clsx } from 'clsx';
import { Pause, Play } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { type Frame, sampleIndexes } from './frames.ts';
import type { Film } from './use-film.ts';

const THUMBNAILS = 10;

function Thumbnails({ frames, film }: { frames: readonly Frame[]; film: Film }) {
  const indexes = sampleIndexes(frames.length, THUMBNAILS);
  const current = indexes.findLast((index) => index <= film.index);
  return (
    <ul aria-label={t('film.thumbnails')} className="mt-3 flex gap-1.5">
      {indexes.map((index) => (
        <li key={index} className="min-w-0 flex-1">
          <button
            type="button"
            aria-label={t('film.frame', { index: index + 1, count: frames.length })}
            aria-pressed={index === current}
            onClick={() => film.scrub(index)}
            className={clsx(
              'block aspect-square w-full overflow-hidden rounded-md border transition-[border-color,opacity] duration-150',
              index === current ? 'border-primary' : 'border-border opacity-60 hover:opacity-100',
            )}
          >
            <img src={frames[index]?.url} alt="" loading="lazy" decoding="async" className="size-full object-cover" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Replays how a picture came to be: play, scrub, or pick a frame. */
export function FilmStrip({ frames, film }: { frames: readonly Frame[]; film: Film }) {
  const count = frames.length;
  const text = t('film.frame', { index: film.index + 1, count });
  return (
    <section aria-labelledby="film" className="border-border border-t px-4 py-4 sm:px-5">
      <h3 id="film" className="sr-only">
        {t('film.title')}
      </h3>
      <div className="flex items-center gap-3">
        <Button size="icon" onClick={film.toggle} aria-label={t(film.playing ? 'film.pause' : 'film.play')}>
          {film.playing ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" />}
        </Button>
        <input
          type="range"
          min={0}
          max={count - 1}
          value={film.index}
          onChange={(event) => film.scrub(event.target.valueAsNumber)}
          aria-label={t('film.scrub')}
          aria-valuetext={text}
          className="h-6 min-w-0 flex-1 cursor-pointer accent-primary"
        />
        <span className="whitespace-nowrap text-muted text-small tabular">{text}</span>
      </div>
      <Thumbnails frames={frames} film={film} />
    </section>
  );
}
