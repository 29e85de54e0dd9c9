import { X } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';

interface DrawerProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What stands beside the page on a wide screen, laid over a narrow one. */
export function Drawer({ label, onClose, children }: DrawerProps) {
  const ref = useRef<HTMLDialogElement>(null);
  // Closed before it leaves the page, it gives the focus back to where it was opened.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-label={label}
      onClose={onClose}
      className="m-0 h-dvh max-h-none w-[min(20rem,88vw)] max-w-none animate-fade-in border-border-strong border-r bg-surface text-text shadow-raised"
    >
      <div className="flex h-full flex-col">
        <div className="flex items-center justify-between px-3 pt-3">
          <h2 className="pl-1 font-semibold">{label}</h2>
          <Button variant="ghost" size="icon" aria-label={t('chat.list.close')} onClick={onClose}>
            <X aria-hidden="true" />
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
