import { ChevronLeft, ChevronRight } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';

interface VersionSwitchProps {
  readonly index: number;
  readonly count: number;
  readonly onChoose: (index: number) => void;
}

/** ‹ 1 / 2 › */
export function VersionSwitch({ index, count, onChoose }: VersionSwitchProps) {
  return (
    <span className="inline-flex items-center text-muted text-small tabular">
      <Button
        variant="ghost"
        size="icon"
        aria-label={t('chat.version.previous')}
        disabled={index === 0}
        onClick={() => onChoose(index - 1)}
      >
        <ChevronLeft aria-hidden="true" />
      </Button>
      <span aria-hidden="true">{t('chat.version.short', { index: index + 1, count })}</span>
      <span role="status" className="sr-only">
        {t('chat.version', { index: index + 1, count })}
      </span>
      <Button
        variant="ghost"
        size="icon"
        aria-label={t('chat.version.next')}
        disabled={index === count - 1}
        onClick={() => onChoose(index + 1)}
      >
        <ChevronRight aria-hidden="true" />
      </Button>
    </span>
  );
}
