import { ArrowDown, MessageCircleOff } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { t } from '../../i18n/translate.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useChat, useChatState } from './chat-context.ts';
import { NO_THREAD, type Thread as ThreadState } from './model/chat-state.ts';
import { turnsOf } from './model/turns.ts';
import { TurnView } from './turn-view.tsx';
import { useThreadScroll } from './use-thread-scroll.ts';
import { Welcome } from './welcome.tsx';

function Loading() {
  return (
    <div role="status" className="space-y-6">
      <span className="sr-only">{t('chat.loading')}</span>
      <div aria-hidden="true" className="shimmer ml-auto h-12 w-2/3 rounded-card" />
      <div aria-hidden="true" className="shimmer aspect-square w-full max-w-80 rounded-card" />
      <div aria-hidden="true" className="shimmer ml-auto h-12 w-1/2 rounded-card" />
    </div>
  );
}

function Gone() {
  return (
    <EmptyState
      icon={MessageCircleOff}
      title={t('chat.gone')}
      body={t('chat.gone.body')}
      actions={
        <a href="/chat" className={buttonClass({ variant: 'primary' })}>
          {t('chat.gone.new')}
        </a>
      }
    />
  );
}

/** What stands above the oldest message that is known. */
function Beginning({ thread, onMore }: { thread: ThreadState; onMore: () => void }) {
  const { nextBefore, loadingOlder } = thread;
  if (nextBefore === null) return <p className="pb-2 text-center text-muted text-small">{t('chat.beginning')}</p>;
  if (nextBefore === undefined) return null;
  return (
    <div className="flex justify-center pb-2">
      <Button size="sm" variant="ghost" loading={loadingOlder} onClick={onMore}>
        {t(loadingOlder ? 'chat.older' : 'chat.older.more')}
      </Button>
    </div>
  );
}

function Failure({ thread, conversationId }: { thread: ThreadState; conversationId: string }) {
  const chat = useChat();
  const { failure } = thread;
  if (failure === undefined) return null;
  const again = (
    <Button size="sm" onClick={() => chat.open(conversationId)}>
      {t('chat.list.retry')}
    </Button>
  );
  return (
    <Callout tone="error" role="alert" title={t('chat.failed')} actions={again}>
      {failure.message} {failure.advice}
    </Callout>
  );
}

/** Two states of one conversation show the same drafts while these are the same. */
function useDrafts(conversationId: string | undefined) {
  const drafts = useChatState((state) => state.drafts);
  return useMemo(() => drafts.filter((draft) => draft.conversationId === conversationId), [drafts, conversationId]);
}

/** The messages of a conversation. */
export function Thread({ conversationId }: { conversationId: string | undefined }) {
  const chat = useChat();
  const thread = useChatState(({ threads }) => threads[conversationId ?? ''] ?? NO_THREAD);
  const drafts = useDrafts(conversationId);
  const { messages, nextBefore, gone } = thread;
  const turns = useMemo(() => turnsOf(messages, drafts), [messages, drafts]);
  const more = useCallback(() => {
    if (conversationId !== undefined) void chat.readOlder(conversationId);
  }, [chat, conversationId]);
  const { box, list, atEnd, onScroll, toEnd } = useThreadScroll({
    first: turns[0]?.key,
    content: turns,
    said: drafts.findLast(({ versionOf }) => versionOf === undefined)?.key,
    more: typeof nextBefore === 'number' && !thread.loadingOlder,
    onStart: more,
  });
  const loading = conversationId !== undefined && nextBefore === undefined && !gone && thread.failure === undefined;
  const empty = turns.length === 0 && !loading && !gone;
  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={box}
        aria-label={t('chat.log')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        onScroll={onScroll}
        className="h-full overflow-y-auto overscroll-contain focus-visible:-outline-offset-2"
      >
        <div ref={list} className="mx-auto flex min-h-full w-full max-w-3xl flex-col gap-6 px-4 py-6 sm:px-6">
          {gone && <Gone />}
          {loading && turns.length === 0 && <Loading />}
          {empty && thread.failure === undefined && <Welcome conversationId={conversationId} />}
          {messages.length > 0 && <Beginning thread={thread} onMore={more} />}
          {turns.map((turn) => (
            <TurnView key={turn.key} turn={turn} />
          ))}
          {conversationId !== undefined && !gone && <Failure thread={thread} conversationId={conversationId} />}
        </div>
      </section>
      {!atEnd && (
        <Button
          size="sm"
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 animate-fade-in rounded-full! shadow-raised"
        >
          <ArrowDown aria-hidden="true" />
          {t('chat.latest')}
        </Button>
      )}
    </div>
  );
}
