import type { ReactNode } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Bubble } from './bubble.tsx';
import { useChat } from './chat-context.ts';
import type { Draft } from './model/chat-state.ts';

interface DraftViewProps {
  readonly draft: Draft;
  readonly conversationId: string | undefined;
  readonly children: ReactNode;
}

/** What was said and is on its way, or why it is not. */
export function DraftView({ draft, children }: DraftViewProps) {
  const chat = useChat();
  const { key, content, sending, failure } = draft;
  return (
    <>
      <Bubble
        className={sending ? 'animate-rise opacity-70' : 'border-error/40! bg-error/10!'}
        foot={
          <div className="flex items-center gap-2">
            {sending && (
              <span role="status" className="text-muted text-small">
                {t('chat.sending')}
              </span>
            )}
            {children}
          </div>
        }
      >
        {content}
      </Bubble>
      {!sending && (
        <Callout
          tone="error"
          role="alert"
          title={`${t('chat.unsent')} ${failure?.message ?? ''}`}
          actions={
            <>
              <Button size="sm" variant="primary" onClick={() => void chat.resend(key)}>
                {t('chat.resend')}
              </Button>
              <Button size="sm" variant="ghost" onClick={() => chat.discard(key)}>
                {t('chat.discard')}
              </Button>
            </>
          }
        >
          {failure?.advice ?? t('chat.unsent.unknown')}
        </Callout>
      )}
    </>
  );
}
