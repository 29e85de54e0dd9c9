import type { Message, PictureMetadata } from '@darkroom/protocol';
import { Copy, Pencil } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Bubble } from './bubble.tsx';
import { useChat } from './chat-context.ts';
import { EditWords } from './edit-words.tsx';
import { LongWords } from './long-words.tsx';

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
    return <EditWords content={content} sendLabel={t('chat.edit.send')} onSend={send} onCancel={() => onEdit(false)} />;
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
        <LongWords>{content}</LongWords>
      </Bubble>
    </div>
  );
}
