import { LIMITS } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { type KeyboardEvent, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { controlClass } from '../../ui/field.tsx';

interface EditWordsProps {
  readonly content: string;
  readonly sendLabel: string;
  readonly onSend: (content: string) => void;
  readonly onCancel: () => void;
}

/** Words that were said, to be changed: Enter sends them, Escape leaves them. */
export function EditWords({ content, sendLabel, onSend, onCancel }: EditWordsProps) {
  const [value, setValue] = useState(content);
  const words = value.trim();
  const sound = words !== '' && words.length <= LIMITS.promptChars;
  const send = () => sound && onSend(words);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onCancel();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="ml-auto w-full max-w-xl animate-fade-in"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
        autoFocus
        rows={2}
        aria-label={t('chat.edit.label')}
        value={value}
        onFocus={({ target }) => target.setSelectionRange(target.value.length, target.value.length)}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={onKeyDown}
        className={clsx(
          controlClass,
          'field-sizing-content max-h-60 resize-none px-4 py-2.5 pointer-coarse:text-prompt!',
        )}
      />
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <Button size="sm" variant="ghost" onClick={onCancel}>
          {t('chat.edit.cancel')}
        </Button>
        <Button size="sm" variant="primary" type="submit" disabled={!sound}>
          {sendLabel}
        </Button>
      </div>
    </form>
  );
}
