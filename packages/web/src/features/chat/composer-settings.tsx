import { useCallback, useMemo } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import AdvancedSettings from '../../ui/settings/advanced-settings.tsx';
import { EMPTY_FORM, FIELDS, type FieldName, type FormValues, problemsOf } from '../../ui/settings/form-values.ts';
import { offeredBy } from '../../ui/settings/offered.ts';
import { OptionFields } from '../../ui/settings/option-fields.tsx';
import { problemText } from '../../ui/settings/problem-text.ts';
import { useChat, useChatState } from './chat-context.ts';

interface ComposerSettingsProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onSending: (sending: boolean) => void;
}

const nothing = () => undefined;

/** What the next pictures are made with: the same settings as on Home. */
export default function ComposerSettings({ id, onClose, onSending }: ComposerSettingsProps) {
  const { store } = useChat();
  const values = useChatState((state) => state.settings);
  const backends = useChatState((state) => state.backends);
  const offered = useMemo(() => offeredBy(backends, values.provider), [backends, values.provider]);
  const change = useCallback(
    (changed: Partial<FormValues>) => store.setState(({ settings }) => ({ settings: { ...settings, ...changed } })),
    [store],
  );
  const errors: Partial<Record<FieldName, string>> = {};
  const problems = problemsOf(values, offered);
  for (const field of FIELDS) {
    const problem = problems[field];
    if (problem !== undefined && field !== 'prompt') errors[field] = problemText(field, problem, values);
  }
  const fields = { values, errors, offered, onChange: change };
  return (
    <fieldset id={id} className="min-w-0 animate-fade-in border-border border-b">
      <legend className="sr-only">{t('chat.compose.settings')}</legend>
      <div className="max-h-[min(24rem,45dvh)] overflow-y-auto overscroll-contain">
        <div className="p-3 sm:p-4">
          <OptionFields {...fields} />
        </div>
        <AdvancedSettings {...fields} backends={backends} dropped={undefined} onTaken={nothing} onSending={onSending} />
      </div>
      <div className="flex justify-end gap-2 border-border border-t p-2">
        <Button size="sm" variant="ghost" onClick={() => change(EMPTY_FORM)}>
          {t('chat.compose.settings.reset')}
        </Button>
        <Button size="sm" onClick={onClose}>
          {t('chat.compose.settings.close')}
        </Button>
      </div>
    </fieldset>
  );
}
