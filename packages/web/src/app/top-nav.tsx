import { Activity, BookOpen, Images, MessageCircle } from 'lucide-react';
import { QueueButton } from '../features/queue/queue-button.tsx';
import { t } from '../i18n/translate.ts';
import { LanguageSelect } from './language-select.tsx';
import { Logo } from './logo.tsx';
import { UserMark } from './user-mark.tsx';

const LINK =
  'inline-flex h-9 items-center gap-2 rounded-control px-2 font-medium min-[400px]:px-2.5 md:px-3 text-muted transition-colors duration-150 hover:bg-raised hover:text-text aria-[current=page]:text-text [&_svg]:size-4.5 sm:[&_svg]:size-4';

const PAGES = [
  { path: '/chat', key: 'app.chat', icon: MessageCircle },
  { path: '/history', key: 'app.history', icon: Images },
  { path: '/status', key: 'app.status', icon: Activity },
  { path: '/docs', key: 'app.docs', icon: BookOpen },
] as const;

interface TopNavProps {
  readonly path: string;
  /** The page below fills the window. */
  readonly full: boolean;
}

/** The app's name on the left, its other pages on the right; on a narrow screen only the open one is named in letters. */
export function TopNav({ path, full }: TopNavProps) {
  return (
    <header className="border-border border-b bg-background/60">
      <nav
        aria-label={t('app.nav')}
        className={`mx-auto flex h-14 items-center justify-between px-4 ${full ? 'sm:pr-7' : 'max-w-page sm:px-6'}`}
      >
        <a
          href="/"
          className="-mx-1 flex items-center gap-2.5 rounded-control px-1 font-semibold text-prompt tracking-tight"
        >
          <Logo />
          <span className="max-[480px]:sr-only">{t('app.name')}</span>
        </a>
        <div className="-mr-2 flex items-center sm:-mr-3">
          {PAGES.map(({ path: address, key, icon: Icon }) => (
            <a
              key={address}
              href={address}
              title={t(key)}
              aria-current={path === address ? 'page' : undefined}
              className={LINK}
            >
              <Icon aria-hidden="true" />
              <span className={path === address ? undefined : 'max-sm:sr-only'}>{t(key)}</span>
            </a>
          ))}
          <LanguageSelect />
          <QueueButton />
          <UserMark />
        </div>
      </nav>
    </header>
  );
}
