import { canCancel, type Job } from '@darkroom/protocol';
import { useEffect, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { LiveRegion } from '../../ui/live-region.tsx';
import { useChat } from './chat-context.ts';
import type { ChatState } from './model/chat-state.ts';

const KEYS = {
  completed: 'chat.announce.complete',
  failed: 'chat.announce.failed',
  cancelled: 'chat.announce.cancelled',
} as const;

function endOf({ status, prompt }: Job): string {
  return status === 'completed' || status === 'failed' || status === 'cancelled' ? t(KEYS[status], { prompt }) : '';
}

/** What ended between two states. */
function news(state: ChatState, last: ChatState): string {
  if (state.jobs === last.jobs) return '';
  const ended = state.active.flatMap((jobId) => {
    const now = state.jobs[jobId]?.job;
    const before = last.jobs[jobId]?.job;
    return now && before && now !== before && canCancel(before) && !canCancel(now) ? [endOf(now)] : [];
  });
  return ended.join(' ');
}

/** Tells a screen reader of every picture that is ready, or will not be. */
export function ChatNews() {
  const { store } = useChat();
  const [text, setText] = useState('');
  useEffect(
    () =>
      store.subscribe((state, last) => {
        const told = news(state, last);
        if (told !== '') setText(told);
      }),
    [store],
  );
  return <LiveRegion text={text} />;
}
