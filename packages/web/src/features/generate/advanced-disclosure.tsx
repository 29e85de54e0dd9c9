import { ChevronRight } from 'lucide-react';
import { lazy, useState } from 'react';
import { loadMessages } from '../../i18n/load-messages.ts';
import { t } from '../../i18n/translate.ts';
import { loadCode } from '../../lib/load-code.ts';
import { Badge } from '../../ui/badge.tsx';
import { LazyPart } from '../../ui/lazy-part.tsx';
import type { AdvancedSettingsProps } from '../../ui/settings/advanced-settings.tsx';
import { advancedCount } from '../../ui/settings/form-values.ts';

const loadSettings = () => Promise.all([import('../../ui/settings/advanced-settings.tsx'), loadMessages('advanced')]);
const AdvancedSettings = lazy(async () => (await loadCode(loadSettings))[0]);

interface AdvancedDisclosureProps extends AdvancedSettingsProps {
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

/** “Advanced settings”, folded away; their code comes when they are first opened. */
export function AdvancedDisclosure({ open, onOpen, ...settings }: AdvancedDisclosureProps) {
  const count = advancedCount(settings.values);
  // Folded away again they stay: a picture may be on its way.
  const [needed, setNeeded] = useState(open);
  if (open && !needed) setNeeded(true);
  return (
    <details
      open={open}
      onToggle={(event) => onOpen(event.currentTarget.open)}
      className="group rounded-control border border-border open:bg-sunken/40"
    >
      <summary
        onPointerEnter={() => void loadSettings().catch(() => undefined)}
        className="flex h-10 list-none items-center gap-2 rounded-control px-3 font-medium text-muted transition-colors duration-150 hover:text-text group-open:text-text"
      >
        <ChevronRight aria-hidden="true" className="size-4 transition-transform duration-150 group-open:rotate-90" />
        {t('generate.advanced')}
        {count > 0 && <Badge className="ml-auto tabular">{t('generate.advanced.set', { count })}</Badge>}
      </summary>
      {needed && (
        <LazyPart className="h-48">
          <AdvancedSettings {...settings} />
        </LazyPart>
      )}
    </details>
  );
}
