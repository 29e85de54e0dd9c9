import { Wrench } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { t } from '../i18n/translate.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

interface ErrorBoundaryState {
  readonly error: unknown;
}

function CrashPage({ error }: { error: unknown }) {
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

/** Keeps the shell standing when a page throws or its code cannot be loaded. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: undefined };

  static getDerivedStateFromError(error: unknown): ErrorBoundaryState {
    return { error: error ?? new Error('unknown') };
  }

  override render() {
    return this.state.error === undefined ? this.props.children : <CrashPage error={this.state.error} />;
  }
}
