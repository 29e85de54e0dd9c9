import { clsx } from 'clsx';
import { LoaderCircle } from 'lucide-react';
import { t } from '../../i18n/translate.ts';

const FRAME = 'block size-16 shrink-0 overflow-hidden rounded-control border';

interface ResultThumbnailsProps {
  readonly urls: readonly string[];
  /** How many there will be. */
  readonly count: number;
  /** Others are still being made. */
  readonly underWay: boolean;
  /** The one on show; undefined: the one being made. */
  readonly chosen: number | undefined;
  readonly onChoose: (index: number | undefined) => void;
}

/** The pictures that are done, the one being made, and room for the rest. */
export function ResultThumbnails({ urls, count, underWay, chosen, onChoose }: ResultThumbnailsProps) {
  const rest = underWay ? Math.max(0, count - urls.length - 1) : 0;
  return (
    <ul aria-label={t('preview.images')} className="flex flex-wrap gap-2 border-border border-t px-4 py-4 sm:px-5">
      {urls.map((url, index) => (
        <li key={url}>
          <button
            type="button"
            aria-label={t('preview.image', { index: index + 1, count })}
            aria-pressed={index === chosen}
            onClick={() => onChoose(index)}
            className={clsx(FRAME, index === chosen ? 'border-primary' : 'border-border hover:border-border-strong')}
          >
            <img src={url} alt="" decoding="async" className="size-full object-cover" />
          </button>
        </li>
      ))}
      {underWay && urls.length < count && (
        <li>
          <button
            type="button"
            aria-label={t('preview.image.making', { index: urls.length + 1, count })}
            aria-pressed={chosen === undefined}
            onClick={() => onChoose(undefined)}
            className={clsx(
              FRAME,
              'shimmer grid! place-items-center',
              chosen === undefined ? 'border-primary' : 'border-border',
            )}
          >
            <LoaderCircle aria-hidden="true" className="size-5 animate-spin text-primary" />
          </button>
        </li>
      )}
      {Array.from({ length: rest }, (_, place) => place).map((place) => (
        <li key={place} aria-hidden="true" className={clsx(FRAME, 'border-border border-dashed')} />
      ))}
    </ul>
  );
}
