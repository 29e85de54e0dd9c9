import { Wrench } from 'lucide-react';
import { t } from '../i18n/translate.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

/** Stands in for a page that threw an error, or whose code the server no longer has. */
export function CrashPage({ error }: { error: unknown }) {
  return (
    <>
      <EmptyState
        icon={Wrench}
        heading="h1"
        title={t('crash.title')}
        body={t('crash.body')}
        actions={
          <Button variant="primary" onClick={() => window.location.reload()}>
            {t('crash.reload')}
          </Button>
        }
      />
      <details className="mx-auto max-w-md text-muted">
        <summary>{t('crash.details')}</summary>
        <pre className="mt-2 overflow-auto rounded-control bg-sunken p-3 font-mono text-mono">{String(error)}</pre>
      </details>
    </>
  );
}
