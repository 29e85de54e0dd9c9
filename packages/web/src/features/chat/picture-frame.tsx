import type { ReactNode } from 'react';

/** What a picture of the conversation stands in. */
export function Frame({ children }: { children: ReactNode }) {
  return (
    <div className="w-full max-w-96 overflow-hidden rounded-card rounded-bl-md border border-border bg-surface shadow-card">
      {children}
    </div>
  );
}

/** Several pictures of one request, two beside each other. */
export function Grid({ count, children }: { count: number; children: ReactNode }) {
  if (count === 1) return children;
  return (
    <div className="grid grid-cols-2 gap-px bg-border [&>*]:bg-surface">
      {children}
      {count % 2 === 1 && <div aria-hidden="true" />}
    </div>
  );
}
