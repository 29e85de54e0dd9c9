import { type ReactNode, Suspense } from 'react';
import { usePath } from '../lib/navigation.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { PageLoading } from './page-loading.tsx';
import { DocsPage, HistoryPage, HomePage, JobPage, StatusPage } from './pages.ts';
import { Shell } from './shell.tsx';

/** The page that belongs to a path. */
function pageAt(path: string): ReactNode {
  const jobId = /^\/jobs\/([^/]+)\/?$/.exec(path)?.[1];
  if (jobId !== undefined) return <JobPage jobId={jobId} />;
  switch (path) {
    case '/':
      return <HomePage />;
    case '/history':
      return <HistoryPage />;
    case '/status':
      return <StatusPage />;
    case '/docs':
      return <DocsPage />;
    default:
      return <NotFoundPage />;
  }
}

/** The shell around the page that belongs to the address. */
export function App() {
  const path = usePath();
  return (
    <Shell path={path}>
      <Suspense fallback={<PageLoading />}>
        <ErrorBoundary key={path}>{pageAt(path)}</ErrorBoundary>
      </Suspense>
    </Shell>
  );
}
