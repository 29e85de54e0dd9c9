import { useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

/** Stops all of them, after asking. */
export function CancelAll({ count, onConfirm }: { count: number; onConfirm: () => Promise<void> }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    await onConfirm();
    setBusy(false);
    setAsking(false);
  };
  return (
    <>
      <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
        {t('queue.all')}
      </Button>
      {asking && (
        <Dialog
          title={t('queue.all.title', { count })}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t('queue.all.keep')}</Button>
              <Button variant="danger" loading={busy} onClick={confirm}>
                {t('queue.all.confirm')}
              </Button>
            </>
          }
        >
          <p>{t('queue.all.body')}</p>
        </Dialog>
      )}
    </>
  );
}
