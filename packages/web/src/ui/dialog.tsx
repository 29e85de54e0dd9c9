import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Buttons, the safe one first: it gets the focus. */
  readonly actions: ReactNode;
  readonly onClose: () => void;
}

/**
 * A question that wants an answer. The browser's own modal dialog keeps the focus, closes on Escape and makes the
 * rest of the page inert, with no injected style sheet that the content security policy would have to allow.
 */
export function Dialog({ title, children, actions, onClose }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed before it leaves the page, it gives the focus back to where it was opened.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
      onClose={onClose}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] animate-rise rounded-card border border-border-strong bg-surface p-6 text-body text-text shadow-raised"
    >
      <h2 id={`${id}-title`} className="font-semibold text-h2">
        {title}
      </h2>
      <div id={`${id}-body`} className="mt-2 text-muted">
        {children}
      </div>
      <div className="mt-6 flex flex-wrap justify-end gap-2">{actions}</div>
    </dialog>
  );
}
