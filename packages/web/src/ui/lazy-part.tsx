import { type ReactNode, Suspense } from 'react';
import { t } from '../i18n/translate.ts';
import { Button } from './button.tsx';
import { Callout } from './callout.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { ServerAway } from './server-away.tsx';

/** Marked for tests, like everything that stands in for code. */
function PartLoading({ className }: { className: string }) {
  return (
    <div role="status" data-loading className="flex flex-col gap-3 p-3">
      <ServerAway />
      <div aria-hidden="true" className={`shimmer rounded-control ${className}`} />
    </div>
  );
}

function PartFailed() {
  return (
    <div className="p-3">
      <Callout
        tone="error"
        role="alert"
        title={t('loading.failed')}
        actions={
          <Button size="sm" onClick={() => window.location.reload()}>
            {t('crash.reload')}
          </Button>
        }
      />
    </div>
  );
}

/** A part of a page that is loaded on demand. `className` is the height of its placeholder. Where it cannot be loaded, the rest of the page stays. */
export function LazyPart({ className, children }: { className: string; children: ReactNode }) {
  return (
    <ErrorBoundary fallback={() => <PartFailed />}>
      <Suspense fallback={<PartLoading className={className} />}>{children}</Suspense>
    </ErrorBoundary>
  );
}
