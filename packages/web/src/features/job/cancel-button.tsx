import { useDarkroom } from '@darkroom/client/react';
import { CircleStop } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { Button } from '../../ui/button.tsx';
import { loadOrTell } from '../../ui/load-or-tell.ts';
import { toast } from '../../ui/toast-store.ts';

const loadDialog = () => import('./cancel-dialog.tsx');
const CancelDialog = lazy(loadDialog);

/** Stops the job, after asking. */
export function CancelButton({ jobId, disabled }: { jobId: string; disabled: boolean }) {
  const client = useDarkroom();
  const [asking, setAsking] = useState(false);
  const [cancelling, setCancelling] = useState(false);

  const ask = async () => {
    if ((await loadOrTell(loadDialog, t('cancel.failed'))) !== undefined) setAsking(true);
  };

  const cancel = async () => {
    setCancelling(true);
    try {
      await client.cancelJob(jobId);
    } catch (cause) {
      toast({ tone: 'error', title: t('cancel.failed'), body: requestFailure(cause).advice });
    }
    setCancelling(false);
    setAsking(false);
  };

  return (
    <>
      <Button size="sm" variant="danger" disabled={disabled} onClick={ask}>
        <CircleStop aria-hidden="true" />
        {t('header.cancel')}
      </Button>
      {asking && !disabled && (
        <Suspense fallback={null}>
          <CancelDialog busy={cancelling} onConfirm={cancel} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </>
  );
}
