import { type ReactNode, useEffect, useRef } from 'react';
import { LinkButton } from '../features/link/link-button.tsx';
import { t } from '../i18n/translate.ts';
import { Toaster } from '../ui/toaster.tsx';
import { TopNav } from './top-nav.tsx';

/** A screen reader's focus goes along to a new page. The first page is the browser's own business. */
function useFreshStart(path: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}

const PAGE = 'mx-auto w-full max-w-page flex-1 px-4 pt-6 pb-12 outline-none sm:px-6 sm:pt-10';
const FULL = 'h-[calc(100dvh-57px)] outline-none';

function Footer() {
  return (
    <footer className="border-border border-t">
      <div className="mx-auto flex max-w-page flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-5 text-muted text-small sm:px-6">
        <p>
          {t('app.name')}. {t('app.footer')}
        </p>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <LinkButton className="inline-flex items-center gap-1.5 rounded hover:text-text" />
          <a href="/status" className="rounded hover:text-text">
            {t('app.footer.status')}
          </a>
          <a href="/api/openapi.json" className="rounded hover:text-text">
            {t('app.footer.openapi')}
          </a>
        </div>
      </div>
    </footer>
  );
}

interface ShellProps {
  readonly path: string;
  /** The page fills the window and scrolls within itself. */
  readonly full: boolean;
  readonly children: ReactNode;
}

/** What stands around every page. */
export function Shell({ path, full, children }: ShellProps) {
  const main = useFreshStart(path);
  return (
    <>
      <a
        href="#content"
        className="sr-only rounded-control bg-primary px-4 py-2 font-medium text-on-primary focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50"
      >
        {t('app.skip')}
      </a>
      <TopNav path={path} full={full} />
      <main ref={main} id="content" tabIndex={-1} className={full ? FULL : PAGE}>
        {children}
      </main>
      {!full && <Footer />}
      <Toaster />
    </>
  );
}
