import { LIMITS, type Message, type PictureMetadata } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { Copy, Pencil } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { controlClass } from '../../ui/field.tsx';
import { Bubble } from './bubble.tsx';
import { useChat } from './chat-context.ts';

interface EditProps {
  readonly content: string;
  readonly onSend: (content: string) => void;
  readonly onCancel: () => void;
}

/** The words, to be changed: Enter sends them as a new version, Escape leaves them. */
function Edit({ content, onSend, onCancel }: EditProps) {
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
        className={clsx(controlClass, 'field-sizing-content max-h-60 resize-none px-4 py-2.5')}
      />
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <Button size="sm" variant="ghost" onClick={onCancel}>
          {t('chat.edit.cancel')}
        </Button>
        <Button size="sm" variant="primary" type="submit" disabled={!sound}>
          {t('chat.edit.send')}
        </Button>
      </div>
    </form>
  );
}

interface UserMessageProps {
  readonly message: Message;
  /** The picture it asked for; only such a message has versions. */
  readonly picture: PictureMetadata | undefined;
  readonly root: number | undefined;
  readonly editing: boolean;
  readonly onEdit: (editing: boolean) => void;
  readonly children: ReactNode;
}

/** What the reader said, to be copied or said in other words. */
export function UserMessage({ message, picture, root, editing, onEdit, children }: UserMessageProps) {
  const chat = useChat();
  const { content, conversation_id: conversationId } = message;
  if (editing && picture !== undefined && root !== undefined) {
    const send = (words: string) => {
      onEdit(false);
      void chat.sayAgain(conversationId, root, words, picture.job_id);
    };
    return <Edit content={content} onSend={send} onCancel={() => onEdit(false)} />;
  }
  return (
    <div className="group">
      <Bubble
        foot={
          <div className="flex items-center">
            <span className="flex transition-opacity duration-150 pointer-fine:opacity-0 pointer-fine:group-focus-within:opacity-100 pointer-fine:group-hover:opacity-100">
              <time dateTime={message.created_at} className="self-center px-1 text-muted text-small">
                {formatDateTime(message.created_at)}
              </time>
              <CopyButton variant="ghost" size="icon" aria-label={t('chat.copy')} text={() => content}>
                <Copy aria-hidden="true" />
              </CopyButton>
              {picture !== undefined && (
                <Button variant="ghost" size="icon" aria-label={t('chat.edit')} onClick={() => onEdit(true)}>
                  <Pencil aria-hidden="true" />
                </Button>
              )}
            </span>
            {children}
          </div>
        }
      >
        {content}
      </Bubble>
    </div>
  );
}
