import { type ReactNode, useEffect, useRef, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { navigate } from '../../lib/navigation.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { ChatContext, useChatSession, useChatState } from './chat-context.ts';
import { ChatNews } from './chat-news.tsx';
import { Composer } from './composer.tsx';
import { ConversationList } from './conversation-list.tsx';
import { Drawer } from './drawer.tsx';
import { Thread } from './thread.tsx';
import { ThreadHeader } from './thread-header.tsx';
import { useKeptFocus } from './use-kept-focus.ts';

/** Which conversation is shown; undefined: one that has not begun. */
export interface ChatPageProps {
  readonly conversationId: string | undefined;
  /** Stands below the list of conversations. */
  readonly listFoot: ReactNode;
}

function Opened({ conversationId, listFoot }: ChatPageProps) {
  const title = useChatState(
    ({ conversations }) => conversations?.find(({ id }) => id === conversationId)?.title ?? '',
  );
  const gone = useChatState(({ threads }) => threads[conversationId ?? '']?.gone === true);
  const [listOpen, setListOpen] = useState(false);
  const page = useRef<HTMLDivElement>(null);
  useKeptFocus(page);
  usePageMeta(title === '' ? t('chat.title') : t('chat.title.named', { title }), t('chat.description'));
  const place = conversationId ?? 'new';
  return (
    <div ref={page} className="flex h-full">
      <aside
        aria-label={t('chat.list')}
        className="hidden w-72 shrink-0 border-border border-r bg-sunken/50 lg:flex lg:flex-col"
      >
        <ConversationList current={conversationId} />
        {listFoot}
      </aside>
      {listOpen && (
        <Drawer label={t('chat.list')} onClose={() => setListOpen(false)}>
          <ConversationList current={conversationId} onChosen={() => setListOpen(false)} />
          {listFoot}
        </Drawer>
      )}
      <div className="flex min-w-0 flex-1 flex-col">
        <ThreadHeader title={gone ? t('chat.title') : title} onList={() => setListOpen(true)} />
        <Thread key={`thread-${place}`} conversationId={conversationId} />
        {!gone && <Composer key={`composer-${place}`} conversationId={conversationId} />}
      </div>
      <ChatNews />
    </div>
  );
}

/** Conversations in which people ask for pictures. */
export default function ChatPage(props: ChatPageProps) {
  const { conversationId } = props;
  const chat = useChatSession();
  useEffect(() => chat.open(conversationId), [chat, conversationId]);
  return (
    <ChatContext value={chat}>
      <Begun {...props} />
    </ChatContext>
  );
}

/** A conversation that a first message has just made takes the place of the empty one. */
function Begun({ conversationId, listFoot }: ChatPageProps) {
  const begun = useChatState((state) => state.begun);
  useEffect(() => {
    if (conversationId === undefined && begun !== undefined) navigate(`/chat/${begun}`, { replace: true });
  }, [conversationId, begun]);
  return <Opened conversationId={conversationId ?? begun} listFoot={listFoot} />;
}
