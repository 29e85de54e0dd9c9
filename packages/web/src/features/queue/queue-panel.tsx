import { useJob } from '@darkroom/client/react';
import { canCancel, type Job } from '@darkroom/protocol';
import { X } from 'lucide-react';
import { type MouseEvent, useEffect, useRef } from 'react';
import { t } from '../../i18n/translate.ts';
import type { Refreshed } from '../../lib/use-refreshed.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { LiveRegion } from '../../ui/live-region.tsx';
import { CancelAll } from './cancel-all.tsx';
import { type OwnJobs, waits } from './own-jobs.ts';
import { QueueRow } from './queue-row.tsx';
import { useQueueActions } from './use-queue-actions.ts';
import { useReorder } from './use-reorder.ts';

/** Jobs of a long line that are shown, and followed: a socket holds only so many subscriptions. */
const MOST_SHOWN = 40;

interface OwnJobsProps {
  readonly own: Refreshed<OwnJobs>;
}

/** Asks for the list anew when a job has ended, begun, or moved in line. */
function JobEnd({ job, place, onChange }: { job: Job; place: number | undefined; onChange: () => void }) {
  const live = useJob(job.id);
  const active = live.job === undefined || canCancel(live.job);
  const begun = live.job !== undefined && live.job.status !== 'queued';
  const position = live.queue?.position;
  const differs = !active || begun !== (job.status !== 'queued') || (position !== undefined && position !== place);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again at every change, and only then
  useEffect(() => {
    if (differs) onChange();
  }, [differs, active, begun, position, onChange]);
  return null;
}

/** Keeps the list in step with what the page's socket tells of its jobs. */
export function JobEnds({ own: { data, refresh } }: OwnJobsProps) {
  return data?.jobs
    .slice(0, MOST_SHOWN)
    .map((job) => <JobEnd key={job.id} job={job} place={data.places[job.id]?.position} onChange={refresh} />);
}

function Empty() {
  return (
    <div className="px-4 py-10 text-center">
      <p className="font-medium">{t('queue.empty.title')}</p>
      <p className="mt-1 text-muted">{t('queue.empty.body')}</p>
      <a href="/" className={buttonClass({ size: 'sm', className: 'mt-4' })}>
        {t('queue.empty.action')}
      </a>
    </div>
  );
}

const HEADING = 'px-2 pt-4 pb-1 font-medium text-muted text-small';

/** The jobs under way, and those that wait in an order that can be changed. */
function Jobs({ own, actions }: { own: OwnJobs; actions: ReturnType<typeof useQueueActions> }) {
  const shown = own.jobs.slice(0, MOST_SHOWN);
  const running = shown.filter((job) => !waits(job, own));
  const waiting = shown.filter((job) => waits(job, own));
  const { order, list, grip, dragged } = useReorder(waiting, actions.move);
  const more = own.jobs.length - shown.length;
  const row = (job: Job) => ({ job, place: own.places[job.id], busy: actions.busy, onCancel: actions.cancel });
  return (
    <>
      {running.length > 0 && <h3 className={HEADING}>{t('queue.running')}</h3>}
      <ul>
        {running.map((job) => (
          <QueueRow key={job.id} {...row(job)} />
        ))}
      </ul>
      {order.length > 0 && <h3 className={HEADING}>{t('queue.waiting')}</h3>}
      <ol {...list}>
        {order.map((job, index) => (
          <QueueRow
            key={job.id}
            {...row(job)}
            dragged={dragged === job.id}
            moving={{ index, count: order.length, grip: grip(job.id), onMove: (to) => actions.move(job, to) }}
          />
        ))}
      </ol>
      {more > 0 && <p className="p-2 text-muted text-small">{t('queue.more', { count: more })}</p>}
    </>
  );
}

/** Opens the browser's own dialog. When what had the focus is gone, with its job, the panel has it. */
function usePanelDialog(jobs: readonly Job[] | undefined) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus can get lost whenever the jobs change
  useEffect(() => {
    if (document.activeElement === document.body) ref.current?.focus();
  }, [jobs]);
  return ref;
}

/** “Your jobs”: all that wait or run, to be looked at, cancelled and put in another order. */
export function QueuePanel({ own, onClose }: OwnJobsProps & { readonly onClose: () => void }) {
  const { data, failure, refresh } = own;
  const ref = usePanelDialog(data?.jobs);
  const closeOnWayOut = ({ target, ctrlKey, metaKey }: MouseEvent) => {
    const link = target instanceof Element && target.closest('a') !== null && !ctrlKey && !metaKey;
    if (target === ref.current || link) ref.current?.close();
  };
  const actions = useQueueActions(own);
  const problem = actions.problem ?? (failure && { title: t('queue.failed.load'), failure });
  const retry = actions.problem === undefined && (
    <Button size="sm" onClick={refresh}>
      {t('queue.retry')}
    </Button>
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={ref}
      aria-labelledby="queue-title"
      onClose={onClose}
      tabIndex={-1}
      onClick={closeOnWayOut}
      className="m-0 ml-auto h-dvh max-h-none w-[min(26rem,100vw)] max-w-none animate-fade-in border-border-strong border-l bg-surface text-text shadow-raised outline-none"
    >
      <div className="flex h-full flex-col">
        <header className="flex h-14 shrink-0 items-center gap-2 border-border border-b px-4">
          <h2 id="queue-title" className="flex-1 font-semibold text-prompt">
            {t('queue.title')}
          </h2>
          {data !== undefined && data.jobs.length > 0 && (
            <CancelAll count={data.jobs.length} onConfirm={actions.cancelAll} />
          )}
          <Button variant="ghost" size="icon" aria-label={t('queue.close')} onClick={() => ref.current?.close()}>
            <X aria-hidden="true" />
          </Button>
        </header>
        <LiveRegion text={actions.said} />
        <div className="flex-1 overflow-y-auto overscroll-contain px-2 pb-6">
          {problem !== undefined && (
            <div className="p-2">
              <Callout tone="error" role="alert" title={problem.title} actions={retry}>
                {problem.failure.message} {problem.failure.advice}
              </Callout>
            </div>
          )}
          {data === undefined && failure === undefined && <p className="p-4 text-muted">{t('app.loading')}</p>}
          {data?.jobs.length === 0 && <Empty />}
          {data !== undefined && data.jobs.length > 0 && <Jobs own={data} actions={actions} />}
        </div>
      </div>
    </dialog>
  );
}
