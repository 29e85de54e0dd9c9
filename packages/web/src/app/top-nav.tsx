import { Activity, BookOpen, Images, MessageCircle } from 'lucide-react';
import { QueueButton } from '../features/queue/queue-button.tsx';
import { t } from '../i18n/translate.ts';
import { Logo } from './logo.tsx';

const LINK =
  'inline-flex h-9 items-center gap-2 rounded-control px-2 font-medium sm:px-3 text-muted transition-colors duration-150 hover:bg-raised hover:text-text aria-[current=page]:text-text max-sm:[&_svg]:hidden [&_svg]:size-4';

const PAGES = [
  { path: '/chat', key: 'app.chat', icon: MessageCircle },
  { path: '/history', key: 'app.history', icon: Images },
  { path: '/status', key: 'app.status', icon: Activity },
  { path: '/docs', key: 'app.docs', icon: BookOpen },
] as const;

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
          <span className="max-[430px]:sr-only">{t('app.name')}</span>
        </a>
        <div className="-mr-2 flex items-center sm:-mr-3">
          {PAGES.map(({ path: address, key, icon: Icon }) => (
            <a key={address} href={address} aria-current={path === address ? 'page' : undefined} className={LINK}>
              <Icon aria-hidden="true" />
              {t(key)}
            </a>
          ))}
          <QueueButton />
        </div>
      </nav>
    </header>
  );
}
