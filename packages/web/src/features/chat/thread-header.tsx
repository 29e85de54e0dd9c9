import { PanelLeft, SquarePen } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../../ui/button.tsx';

/** The conversation's name; on a narrow screen also the way to the others. */
export function ThreadHeader({ title, onList }: { title: string; onList: () => void }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-border border-b px-3 sm:px-5">
      <Button
        variant="ghost"
        size="icon"
        aria-label={t('chat.list.open')}
        title={t('chat.list.open')}
        onClick={onList}
        className="lg:hidden"
      >
        <PanelLeft aria-hidden="true" />
      </Button>
      <h1 className="min-w-0 flex-1 truncate font-semibold">{title === '' ? t('chat.untitled') : title}</h1>
      <a
        href="/chat"
        aria-label={t('chat.new')}
        title={t('chat.new')}
        className={buttonClass({ variant: 'ghost', size: 'icon', className: 'lg:hidden' })}
      >
        <SquarePen aria-hidden="true" />
      </a>
    </header>
  );
}
