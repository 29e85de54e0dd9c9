import { useJob } from '@darkroom/client/react';
import type { Job, QueuePlace } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { ArrowDown, ArrowUp, GripVertical, X } from 'lucide-react';
import { formatDuration, formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { CrossfadeImage } from '../../ui/crossfade-image.tsx';
import { Progress } from '../../ui/progress.tsx';
import { StatusPill } from '../../ui/status-pill.tsx';
import { Thumbnail } from '../../ui/thumbnail.tsx';
import type { Grip } from './use-reorder.ts';

interface Moving {
  /** Place among one's own waiting jobs, from 0. */
  readonly index: number;
  readonly count: number;
  readonly grip: Grip;
  readonly onMove: (to: number) => Promise<void>;
}

interface QueueRowProps {
  readonly job: Job;
  readonly place: QueuePlace | undefined;
  readonly busy: boolean;
  readonly onCancel: (job: Job) => Promise<void>;
  /** Of a job that waits. */
  readonly moving?: Moving;
  readonly dragged?: boolean;
}

/** “Place 2 in line, picture in about 30 sec”. */
function placeText({ position, etaMs }: QueuePlace): string {
  const place = position <= 1 ? t('queue.first') : t('queue.place', { position });
  return etaMs === undefined ? place : `${place}, ${t('queue.eta', { duration: formatDuration(etaMs) })}`;
}

function MoveButtons({ moving, prompt, busy }: { moving: Moving; prompt: string; busy: boolean }) {
  const { index, count, onMove } = moving;
  const button = (to: number, label: string, Icon: typeof ArrowUp) => {
    const impossible = to < 0 || to >= count;
    return (
      <Button
        variant="ghost"
        size="icon"
        aria-label={label}
        // Not disabled: a button that has the focus keeps it, so that one may press it again and again.
        aria-disabled={impossible || busy}
        onClick={() => !impossible && !busy && void onMove(to)}
        className="aria-disabled:opacity-40"
      >
        <Icon aria-hidden="true" />
      </Button>
    );
  };
  return (
    <>
      {button(index - 1, t('queue.earlier', { prompt }), ArrowUp)}
      {button(index + 1, t('queue.later', { prompt }), ArrowDown)}
    </>
  );
}

function DragGrip({ grip }: { grip: Grip }) {
  return (
    <span
      onPointerDown={grip}
      data-testid="grip"
      title={t('queue.drag')}
      className="-mx-1 grid w-6 shrink-0 cursor-grab touch-none place-items-center self-stretch text-muted hover:text-text active:cursor-grabbing"
    >
      <GripVertical aria-hidden="true" className="size-4" />
    </span>
  );
}

/** What is there of a picture under way. Previews come faster than a plain image would load them. */
function LivePreview({ url }: { url: string | undefined }) {
  return (
    <div className="relative size-12 shrink-0 overflow-hidden rounded-control border border-border bg-sunken">
      <CrossfadeImage src={url} alt="" instant placeholder={<div className="shimmer absolute inset-0" />} />
    </div>
  );
}

/** One job: how far it is, the way to its page, and what can be done about it. */
export function QueueRow({ job: listed, place, busy, onCancel, moving, dragged = false }: QueueRowProps) {
  const live = useJob(listed.id);
  const job = live.job ?? listed;
  const at = live.queue ?? place;
  const percent = job.percent ?? 0;
  return (
    <li
      data-job={job.id}
      className={clsx(
        'flex items-center gap-3 rounded-control p-2',
        dragged ? 'bg-raised shadow-raised' : 'bg-surface',
      )}
    >
      {moving !== undefined && <DragGrip grip={moving.grip} />}
      {moving === undefined ? (
        <LivePreview url={job.previewUrl} />
      ) : (
        <Thumbnail job={job} small className="size-12 shrink-0 rounded-control border border-border" />
      )}
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <a
            href={`/jobs/${job.id}`}
            className="wrap-anywhere line-clamp-2 min-w-0 flex-1 rounded font-medium hover:underline"
          >
            {job.prompt}
          </a>
          {moving === undefined && <StatusPill status={job.status} />}
        </div>
        {moving === undefined ? (
          <div className="mt-1 flex items-center gap-2">
            <div className="flex-1">
              <Progress value={percent} label={t('queue.progress', { prompt: job.prompt })} />
            </div>
            <span className="w-9 text-right text-muted text-small tabular">{formatPercent(percent)}</span>
          </div>
        ) : (
          <p data-testid="place" className="text-muted text-small tabular">
            {at === undefined || at.position < 1 ? t('status.queued') : placeText(at)}
          </p>
        )}
      </div>
      <div className="flex shrink-0 items-center">
        {moving !== undefined && <MoveButtons moving={moving} prompt={job.prompt} busy={busy} />}
        <Button
          variant="ghost"
          size="icon"
          aria-label={t('queue.cancel', { prompt: job.prompt })}
          disabled={busy}
          onClick={() => void onCancel(job)}
        >
          <X aria-hidden="true" />
        </Button>
      </div>
    </li>
  );
}
