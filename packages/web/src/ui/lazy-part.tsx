import { type ReactNode, Suspense } from 'react';
import { t } from '../i18n/translate.ts';
import { useServerAway } from '../lib/load-code.ts';
import { Button } from './button.tsx';
import { Callout } from './callout.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

/** Marked for tests, like everything that stands in for code. */
function PartLoading({ className }: { className: string }) {
  const away = useServerAway();
  return (
    <div role="status" data-loading className="p-3">
      {away ? (
        <Callout tone="busy" title={t('error.unavailable')}>
          {t('loading.away')}
        </Callout>
      ) : (
        <div aria-hidden="true" className={`shimmer rounded-control ${className}`} />
      )}
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

/** A part of a page whose code comes when it is first needed. `className` is the height of what stands in for it. Where it cannot be loaded, the page stays. */
export function LazyPart({ className, children }: { className: string; children: ReactNode }) {
  return (
    <ErrorBoundary fallback={() => <PartFailed />}>
      <Suspense fallback={<PartLoading className={className} />}>{children}</Suspense>
    </ErrorBoundary>
  );
}
