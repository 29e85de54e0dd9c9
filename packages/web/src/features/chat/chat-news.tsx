import { canCancel, type Job } from '@darkroom/protocol';
import { useEffect, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { LiveRegion } from '../../ui/live-region.tsx';
import { useChat } from './chat-context.ts';
import { type ChatState, NO_THREAD } from './model/chat-state.ts';

const KEYS = {
  completed: 'chat.announce.complete',
  failed: 'chat.announce.failed',
  cancelled: 'chat.announce.cancelled',
} as const;

function endOf({ status, prompt }: Job): string {
  return status === 'completed' || status === 'failed' || status === 'cancelled' ? t(KEYS[status], { prompt }) : '';
}

/** An answer in words that came between two states. */
function answer(state: ChatState, last: ChatState): string {
  const answered = last.drafts.filter(({ key }) => !state.drafts.some((draft) => draft.key === key));
  const hint = answered.some(({ conversationId = '' }) => {
    const { messages } = state.threads[conversationId] ?? NO_THREAD;
    return messages !== last.threads[conversationId]?.messages && messages.at(-1)?.extra_metadata.type === 'hint';
  });
  return hint ? `${t('chat.bot')}: ${t('chat.hint')}` : '';
}

/** What ended between two states. */
function ends(state: ChatState, last: ChatState): string {
  const ended = state.active.flatMap((jobId) => {
    const now = state.jobs[jobId]?.job;
    const before = last.jobs[jobId]?.job;
    // One that was made at once was never heard of before.
    const isNews = now !== undefined && now.lastEventSeq > (before?.lastEventSeq ?? 0);
    return isNews && !canCancel(now) ? [endOf(now)] : [];
  });
  return ended.join(' ');
}

/** Tells a screen reader of answers, and of every picture that is ready, or will not be. */
export function ChatNews() {
  const { store } = useChat();
  const [text, setText] = useState('');
  useEffect(
    () =>
      store.subscribe((state, last) => {
        const told =
          (state.jobs === last.jobs ? '' : ends(state, last)) ||
          (state.drafts === last.drafts ? '' : answer(state, last));
        // The same words again are news only if something is different.
        if (told !== '') setText((before) => (before === told ? `${told}\u00a0` : told));
      }),
    [store],
  );
  return <LiveRegion text={text} />;
}
