import type { ReactNode } from 'react';
import { t } from '../../i18n/translate.ts';
import { type FailedRequest, failureWords } from '../../lib/request-failure.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { ServerDetail } from '../../ui/server-detail.tsx';
import { Bubble } from './bubble.tsx';
import { useChat } from './chat-context.ts';
import { EditWords } from './edit-words.tsx';
import { LongWords } from './long-words.tsx';
import type { Draft } from './model/chat-state.ts';
import { mayPass } from './model/outbox.ts';

interface UnsentProps {
  readonly draft: Draft;
  readonly failure: FailedRequest;
}

/** Why it has not arrived, and what can be done: of what passes by itself, nothing has to be. */
function Unsent({ draft: { key }, failure }: UnsentProps) {
  const { outbox } = useChat();
  const waits = mayPass(failure);
  const { message, advice, detail } = failureWords(failure);
  return (
    <Callout
      tone={waits ? 'warning' : 'error'}
      role="alert"
      title={`${t(waits ? 'chat.unsent.yet' : 'chat.unsent')} ${message}`}
      actions={
        <>
          {waits && (
            <Button size="sm" onClick={() => void outbox.resend(key)}>
              {t('chat.resend.now')}
            </Button>
          )}
          <Button size="sm" variant={waits ? 'ghost' : 'primary'} onClick={() => outbox.edit(key, true)}>
            {t('chat.edit')}
          </Button>
          {!waits && (
            <Button size="sm" onClick={() => void outbox.resend(key)}>
              {t('chat.resend')}
            </Button>
          )}
          <Button size="sm" variant="ghost" onClick={() => outbox.discard(key)}>
            {t('chat.discard')}
          </Button>
        </>
      }
    >
      {waits ? t('chat.unsent.waits') : advice}
      {!waits && <ServerDetail detail={detail} />}
    </Callout>
  );
}

function lookOf({ failure }: Draft): string {
  if (failure !== undefined && !mayPass(failure)) return 'border-error/40! bg-error/10!';
  return failure === undefined ? 'animate-rise opacity-70' : 'opacity-70';
}

/** What was said and is on its way, or why it has not arrived. */
export function DraftView({ draft, children }: { draft: Draft; children: ReactNode }) {
  const { outbox } = useChat();
  const { key, content, editing, failure } = draft;
  if (editing === true) {
    return (
      <EditWords
        content={content}
        sendLabel={t('chat.compose.send')}
        onSend={(words) => void outbox.reword(key, words)}
        onCancel={() => outbox.edit(key, false)}
      />
    );
  }
  return (
    <>
      <Bubble
        className={lookOf(draft)}
        foot={
          <div className="flex items-center gap-2">
            {failure === undefined && (
              <span role="status" className="text-muted text-small">
                {t('chat.sending')}
              </span>
            )}
            {children}
          </div>
        }
      >
        <LongWords>{content}</LongWords>
      </Bubble>
      {failure !== undefined && <Unsent draft={draft} failure={failure} />}
    </>
  );
}
