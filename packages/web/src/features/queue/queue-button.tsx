import { ListOrdered } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { loadMessages } from '../../i18n/load-messages.ts';
import { t } from '../../i18n/translate.ts';
import { loadCode } from '../../lib/load-code.ts';
import { loadOrTell } from '../../ui/load-or-tell.ts';
import { useOwnJobs } from './use-own-jobs.ts';

type Panel = typeof import('./queue-panel.tsx');

async function loadPanel(): Promise<Panel> {
  const [panel] = await Promise.all([import('./queue-panel.tsx'), loadMessages('queue')]);
  return panel;
}

/** Loads the panel's code when the user has active jobs or opens the panel. Only in the second case a failure is reported. */
function usePanel(hasJobs: boolean, open: boolean, onFailure: () => void): Panel | undefined {
  const [panel, setPanel] = useState<Panel>();
  const isMissing = panel === undefined;
  useEffect(() => {
    if (hasJobs && isMissing) loadCode(loadPanel).then(setPanel, () => undefined);
  }, [hasJobs, isMissing]);
  useEffect(() => {
    if (!open || !isMissing) return;
    void loadOrTell(loadPanel).then((loaded) => (loaded === undefined ? onFailure() : setPanel(loaded)));
  }, [open, isMissing, onFailure]);
  return panel;
}

/** How many jobs one has under way, on every page; opens the panel that tells of them. */
export function QueueButton() {
  const own = useOwnJobs();
  const [open, setOpen] = useState(false);
  const count = own.data?.jobs.length ?? 0;
  const close = useCallback(() => setOpen(false), []);
  const panel = usePanel(count > 0, open, close);
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
      {panel !== undefined && open && <panel.QueuePanel own={own} onClose={close} />}
    </>
  );
}
