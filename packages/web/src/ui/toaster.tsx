import { clsx } from 'clsx';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { t } from '../i18n/translate.ts';
import { type Toast, useToasts } from './toast-store.ts';

/** How long a message is shown, in milliseconds. */
const SHOWN_MS = { success: 4_000, error: 9_000 } as const;

/** Stays for a few seconds, and as long as the pointer or the focus is on it (WCAG 2.2.1). */
function ToastCard({ toast }: { toast: Toast }) {
  const dismiss = useToasts((state) => state.dismiss);
  const [isHeld, setHeld] = useState(false);
  const { id, tone } = toast;
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dismiss(id), SHOWN_MS[tone]);
    return () => clearTimeout(timer);
  }, [isHeld, id, tone, dismiss]);
  const Icon = toast.tone === 'success' ? CircleCheck : CircleAlert;
  return (
    <li
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex w-full max-w-sm animate-rise items-start gap-3 rounded-card border border-border-strong bg-raised py-3 pr-2 pl-4 shadow-raised"
    >
      <Icon
        aria-hidden="true"
        className={clsx('mt-0.5 size-4 shrink-0', toast.tone === 'success' ? 'text-success' : 'text-error')}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{toast.title}</p>
        {toast.body !== undefined && <p className="text-muted text-small">{toast.body}</p>}
      </div>
      <button
        type="button"
        aria-label={t('toast.close')}
        onClick={() => dismiss(toast.id)}
        className="-my-1 rounded-control p-1.5 text-muted hover:text-text"
      >
        <X aria-hidden="true" className="size-4" />
      </button>
    </li>
  );
}

/** Where toasts appear; a screen reader is told of each, politely. */
export function Toaster() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <section aria-label={t('toast.region')} data-testid="notices" aria-live="polite">
      <ol className="pointer-events-none fixed inset-x-0 bottom-0 z-40 flex flex-col items-center gap-2 p-4 sm:items-end sm:p-6">
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </ol>
    </section>
  );
}
