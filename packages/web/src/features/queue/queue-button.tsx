import { ListOrdered } from 'lucide-react';
import { useEffect, useState } from 'react';
import { loadMessages } from '../../i18n/load-messages.ts';
import { t } from '../../i18n/translate.ts';
import { loadCode } from '../../lib/load-code.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { toast } from '../../ui/toast-store.ts';
import { useOwnJobs } from './use-own-jobs.ts';

type Panel = typeof import('./queue-panel.tsx');

async function loadPanel(): Promise<Panel> {
  const [panel] = await Promise.all([import('./queue-panel.tsx'), loadMessages('queue')]);
  return panel;
}

/** The panel's code, once there is a job to follow or somebody opens it. Only those who opened it are told of a failure. */
function usePanel(hasJobs: boolean, open: boolean, onFailure: (cause: unknown) => void): Panel | undefined {
  const [panel, setPanel] = useState<Panel>();
  const isMissing = panel === undefined;
  useEffect(() => {
    if (hasJobs && isMissing) loadCode(loadPanel).then(setPanel, () => undefined);
  }, [hasJobs, isMissing]);
  useEffect(() => {
    if (open && isMissing) loadPanel().then(setPanel, onFailure);
  }, [open, isMissing, onFailure]);
  return panel;
}

/** How many jobs one has under way, on every page; opens the panel that tells of them. */
export function QueueButton() {
  const own = useOwnJobs();
  const [open, setOpen] = useState(false);
  const count = own.data?.jobs.length ?? 0;
  const [fail] = useState(() => (cause: unknown) => {
    toast({ tone: 'error', title: requestFailure(cause).message });
    setOpen(false);
  });
  const panel = usePanel(count > 0, open, fail);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={count === 0 ? t('app.queue') : t('app.queue.count', { count })}
        title={t('app.queue')}
        onClick={() => setOpen(true)}
        className="relative ml-1 grid size-9 shrink-0 place-items-center rounded-control text-muted transition-colors duration-150 hover:bg-raised hover:text-text"
      >
        <ListOrdered aria-hidden="true" className="size-4.5" />
        {count > 0 && (
          <span
            data-testid="queue-count"
            className="absolute top-0 right-0 min-w-4 rounded-full bg-primary px-1 text-center font-semibold text-[10px] text-on-primary leading-4 tabular"
          >
            {count > 99 ? '99+' : count}
          </span>
        )}
      </button>
      {panel !== undefined && count > 0 && <panel.JobEnds own={own} />}
      {panel !== undefined && open && <panel.QueuePanel own={own} onClose={() => setOpen(false)} />}
    </>
  );
}
