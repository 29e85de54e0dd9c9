import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

interface CancelDialogProps {
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** “Cancel this generation?” */
export default function CancelDialog({ busy, onConfirm, onClose }: CancelDialogProps) {
  return (
    <Dialog
      title={t('cancel.title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel.keep')}</Button>
          <Button variant="danger" loading={busy} onClick={onConfirm}>
            {t('cancel.confirm')}
          </Button>
        </>
      }
    >
      <p>{t('cancel.body')}</p>
    </Dialog>
  );
}
