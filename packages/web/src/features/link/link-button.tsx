import { MonitorSmartphone } from 'lucide-react';
import { type ComponentType, useState } from 'react';
import { loadMessages } from '../../i18n/load-messages.ts';
import { t } from '../../i18n/translate.ts';
import { userName } from '../../lib/user-name.ts';
import { loadOrTell } from '../../ui/load-or-tell.ts';

type LinkDialog = ComponentType<{ readonly onClose: () => void }>;

async function loadDialog(): Promise<LinkDialog> {
  const [{ LinkDialog }] = await Promise.all([import('./link-dialog.tsx'), loadMessages('link')]);
  return LinkDialog;
}

/** “Continue on another device”, for whoever is not known there by name; the dialog's code comes when it is first wanted. */
export function LinkButton({ className }: { className: string }) {
  return userName() === undefined ? <AnonymousLinkButton className={className} /> : null;
}

function AnonymousLinkButton({ className }: { className: string }) {
  const [open, setOpen] = useState(false);
  const [Dialog, setDialog] = useState<LinkDialog>();
  const show = async () => {
    const loaded = Dialog ?? (await loadOrTell(loadDialog));
    if (loaded === undefined) return;
    setDialog(() => loaded);
    setOpen(true);
  };
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={show} className={className}>
        <MonitorSmartphone aria-hidden="true" className="size-4 shrink-0" />
        {t('app.link')}
      </button>
      {open && Dialog !== undefined && <Dialog onClose={() => setOpen(false)} />}
    </>
  );
}
