import { BookOpen, Images } from 'lucide-react';
import { t } from '../i18n/translate.ts';
import { Logo } from './logo.tsx';

const LINK =
  'inline-flex h-9 items-center gap-2 rounded-control px-3 font-medium text-muted transition-colors duration-150 hover:bg-raised hover:text-text aria-[current=page]:text-text [&_svg]:size-4';

/** The app's name on the left, its other pages on the right. */
export function TopNav({ path }: { path: string }) {
  return (
    <header className="border-border border-b bg-background/60">
      <nav aria-label={t('app.nav')} className="mx-auto flex h-14 max-w-page items-center justify-between px-4 sm:px-6">
        <a
          href="/"
          className="-mx-1 flex items-center gap-2.5 rounded-control px-1 font-semibold text-prompt tracking-tight"
        >
          <Logo />
          {t('app.name')}
        </a>
        <div className="-mr-3 flex items-center">
          <a href="/history" aria-current={path === '/history' ? 'page' : undefined} className={LINK}>
            <Images aria-hidden="true" />
            {t('app.history')}
          </a>
          <a href="/docs" aria-current={path === '/docs' ? 'page' : undefined} className={LINK}>
            <BookOpen aria-hidden="true" />
            {t('app.docs')}
          </a>
        </div>
      </nav>
    </header>
  );
}
