import { SquarePen } from 'lucide-react';
import { useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { ActiveJobs } from './active-jobs.tsx';
import { hasOthers, useChat, useChatState } from './chat-context.ts';
import { ConversationItem } from './conversation-item.tsx';

interface ConversationListProps {
  readonly current: string | undefined;
  readonly onChosen?: () => void;
}

const PLACES = ['a', 'b', 'c', 'd'];

function Foot() {
  const chat = useChat();
  const failure = useChatState(({ listFailure }) => listFailure);
  const more = useChatState(({ nextCursor }) => nextCursor !== null);
  const [loading, setLoading] = useState(false);
  const load = async () => {
    setLoading(true);
    await (failure === undefined ? chat.readMoreOfList() : chat.readList());
    setLoading(false);
  };
  if (failure === undefined && !more) return null;
  return (
    <div className="flex flex-col items-start gap-2 px-2 py-3 text-muted text-small">
      {failure !== undefined && <p role="alert">{t('chat.list.failed')}</p>}
      <Button size="sm" loading={loading} onClick={load}>
        {t(failure === undefined ? 'chat.list.more' : 'chat.list.retry')}
      </Button>
    </div>
  );
}

/** Every conversation, last changed first, and what is being made in any of them. */
export function ConversationList({ current, onChosen }: ConversationListProps) {
  const conversations = useChatState((state) => state.conversations);
  const failed = useChatState(({ listFailure }) => listFailure !== undefined);
  const [others] = useState(hasOthers);
  return (
    <>
      <div className="p-3">
        <a href="/chat" onClick={onChosen} className={buttonClass({ className: 'w-full' })}>
          <SquarePen aria-hidden="true" />
          {t('chat.new')}
        </a>
      </div>
      <nav
        aria-label={t('chat.list')}
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto px-2 pb-3 focus-visible:-outline-offset-2"
      >
        {conversations === undefined && !failed && (
          <div aria-hidden="true" className="space-y-2 px-1">
            {PLACES.map((place) => (
              <div key={place} className="shimmer h-9 rounded-control" />
            ))}
          </div>
        )}
        {conversations?.length === 0 && <p className="px-2 py-1 text-muted text-small">{t('chat.list.empty')}</p>}
        <ul className="space-y-0.5">
          {conversations?.map((conversation) => (
            <ConversationItem
              key={conversation.id}
              conversation={conversation}
              current={conversation.id === current}
              onChosen={onChosen}
            />
          ))}
        </ul>
        <Foot />
        {others && <p className="px-2 py-3 text-muted text-small">{t('chat.list.apart')}</p>}
      </nav>
      <ActiveJobs onChosen={onChosen} />
    </>
  );
}
