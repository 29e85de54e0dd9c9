import { lazy, type ReactElement, Suspense } from 'react';
import { loadCode } from '../lib/load-code.ts';
import { ErrorBoundary } from './error-boundary.tsx';

const Tooltip = lazy(() => loadCode(() => import('./tooltip.tsx')));

/** A tooltip whose code comes after the page; until then, and where it cannot be loaded, the child stands alone. */
export function LazyTooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <ErrorBoundary fallback={() => children}>
      <Suspense fallback={children}>
        <Tooltip text={text}>{children}</Tooltip>
      </Suspense>
    </ErrorBoundary>
  );
}
