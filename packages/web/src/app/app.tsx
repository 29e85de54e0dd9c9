import { type ReactNode, Suspense, useEffect } from 'react';
import { LinkButton } from '../features/link/link-button.tsx';
import { t } from '../i18n/translate.ts';
import { useLanguage } from '../i18n/use-language.ts';
import { useServerAway } from '../lib/load-code.ts';
import { usePath } from '../lib/navigation.ts';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { toast } from '../ui/toast-store.ts';
import { CrashPage } from './crash-page.tsx';
import { PageLoading } from './page-loading.tsx';
import { ChatPage, DocsPage, HistoryPage, HomePage, JobPage, LinkPage, NotFoundPage, StatusPage } from './pages.ts';
import { Shell } from './shell.tsx';

const CHAT = /^\/chat(?:\/([^/]+))?\/?$/;

const LIST_FOOT =
  'flex w-full items-center gap-2.5 border-border border-t px-4.5 py-3 text-left text-muted text-small transition-colors duration-150 hover:bg-raised/60 hover:text-text';

/** The page that belongs to a path. */
function pageAt(path: string): ReactNode {
  const chat = CHAT.exec(path);
  if (chat !== null) return <ChatPage conversationId={chat[1]} listFoot={<LinkButton className={LIST_FOOT} />} />;
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
    case '/link':
      return <LinkPage />;
    default:
      return <NotFoundPage />;
  }
}

/** Says why the page that one wants to leave is still there. */
function useAwayNotice(isLeaving: boolean): void {
  const isHeldUp = useServerAway() && isLeaving;
  useEffect(() => {
    if (isHeldUp) toast({ tone: 'error', title: t('error.unavailable'), body: t('loading.away') });
  }, [isHeldUp]);
}

/** The shell around the page that belongs to the address. A change of language draws everything again and loses nothing. */
export function App() {
  const { path: address, isLeaving } = usePath();
  useAwayNotice(isLeaving);
  // All conversations are one page: going from one to another is no new start.
  const isChat = CHAT.test(address);
  const path = isChat ? '/chat' : address;
  useLanguage();
  return (
    <Shell path={path} full={isChat}>
      <Suspense fallback={<PageLoading full={isChat} />}>
        <ErrorBoundary key={path} fallback={(error) => <CrashPage error={error} />}>
          {pageAt(address)}
        </ErrorBoundary>
      </Suspense>
    </Shell>
  );
}
