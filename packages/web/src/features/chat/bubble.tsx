import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { t } from '../../i18n/translate.ts';

interface BubbleProps {
  readonly children: ReactNode;
  /** What stands below it. */
  readonly foot?: ReactNode;
  readonly className?: string;
}

/** What the reader said. */
export function Bubble({ children, foot, className }: BubbleProps) {
  return (
    <div className="flex flex-col items-end gap-1">
      <span className="sr-only">{t('chat.you')}</span>
      <div
        className={clsx(
          'wrap-anywhere max-w-[min(36rem,88%)] whitespace-pre-wrap rounded-card rounded-br-md border border-primary/25 bg-primary/15 px-4 py-2.5',
          className,
        )}
      >
        {children}
      </div>
      {foot}
    </div>
  );
}
