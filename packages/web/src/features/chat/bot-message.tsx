import type { Message } from '@darkroom/protocol';
import { ImagePlus } from 'lucide-react';
import type { ReactNode } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { useChat } from './chat-context.ts';
import { PictureMessage } from './picture-message.tsx';

interface BotMessageProps {
  readonly message: Message;
  /** What it answers. */
  readonly request: Message | undefined;
  readonly root: number | undefined;
  readonly onEdit: () => void;
}

function Said({ children }: { children: ReactNode }) {
  return (
    <div className="wrap-anywhere max-w-[min(36rem,92%)] whitespace-pre-wrap rounded-card rounded-bl-md border border-border bg-surface px-4 py-2.5 shadow-card">
      {children}
    </div>
  );
}

function Hint({ conversationId, request }: { conversationId: string; request: Message | undefined }) {
  const chat = useChat();
  return (
    <div className="flex flex-col items-start gap-2">
      <Said>{t('chat.hint')}</Said>
      {request !== undefined && (
        <Button size="sm" onClick={() => void chat.say(conversationId, { content: request.content, picture: true })}>
          <ImagePlus aria-hidden="true" />
          {t('chat.hint.make')}
        </Button>
      )}
    </div>
  );
}

/** The answer: a picture, or words. */
export function BotMessage({ message, request, root, onEdit }: BotMessageProps) {
  const { extra_metadata: metadata, conversation_id: conversationId, content } = message;
  return (
    <div>
      <span className="sr-only">{t('chat.bot')}</span>
      {metadata.type === 'image' && (
        <PictureMessage
          metadata={metadata}
          messageId={message.id}
          conversationId={conversationId}
          updatedAt={message.updated_at}
          words={request?.content}
          root={root}
          onEdit={onEdit}
        />
      )}
      {metadata.type === 'hint' && <Hint conversationId={conversationId} request={request} />}
      {metadata.type === 'text' && <Said>{content}</Said>}
    </div>
  );
}
