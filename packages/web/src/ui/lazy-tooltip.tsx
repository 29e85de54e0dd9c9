import { lazy, type ReactElement, Suspense } from 'react';

const Tooltip = lazy(() => import('./tooltip.tsx'));

/** A tooltip whose code comes after the page; until then the child stands alone. */
export function LazyTooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <Suspense fallback={children}>
      <Tooltip text={text}>{children}</Tooltip>
    </Suspense>
  );
}
