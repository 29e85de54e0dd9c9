import type { PictureMetadata, ProviderStatus } from '@darkroom/protocol';
import { memo, useRef } from 'react';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { usualMs } from '../../lib/usual-time.ts';
import { toast } from '../../ui/toast-store.ts';
import { useChat, useChatState } from './chat-context.ts';
import type { ChatState } from './model/chat-state.ts';
import { pictureOf } from './model/picture.ts';
import { PictureCard } from './picture-card.tsx';
import { useSeenJob, useSight } from './use-sight.ts';

interface PictureMessageProps {
  readonly metadata: PictureMetadata;
  readonly messageId: number;
  readonly conversationId: string;
  readonly updatedAt: string;
  /** What was said to get it. */
  readonly words: string | undefined;
  readonly root: number | undefined;
  readonly onEdit: () => void;
}

/** The backend that is at work on a job. */
function backendOf({ backends, jobs }: ChatState, jobId: string): ProviderStatus | undefined {
  const provider = jobs[jobId]?.job.provider;
  return provider === undefined ? undefined : backends?.find(({ name }) => name === provider);
}

/** A message's picture, live: of all that happens only the news of its own job renders it again, and only in sight. */
export const PictureMessage = memo(
  function PictureMessage(props: PictureMessageProps) {
    useLanguage();
    const { metadata, messageId, conversationId, updatedAt, words, root, onEdit } = props;
    const chat = useChat();
    const card = useRef<HTMLDivElement>(null);
    const sight = useSight(card);
    const known = useSeenJob(metadata.job_id, sight);
    const untold = useChatState((state) => backendOf(state, metadata.job_id)?.capabilities.progress === false);
    const usual = useChatState((state) => {
      const backend = backendOf(state, metadata.job_id);
      return backend && usualMs(backend, state.jobs[metadata.job_id]?.job.options);
    });
    const canBegin = useChatState(
      ({ backends }) => backends?.some(({ capabilities }) => capabilities.imageToImage) === true,
    );
    const picture = pictureOf(metadata, updatedAt, known);

    const attempt = async (act: () => Promise<void>, failed: string) => {
      try {
        await act();
      } catch (cause) {
        const { message, advice } = requestFailure(cause);
        toast({ tone: 'error', title: failed, body: `${message} ${advice}` });
      }
    };
    const again = () =>
      picture.retryable
        ? chat.retry(picture.jobId, conversationId, messageId)
        : chat.sayAgain(conversationId, root ?? messageId, words ?? picture.prompt, picture.jobId);
    return (
      <PictureCard
        ref={card}
        picture={picture}
        sight={sight}
        untold={untold}
        usual={usual}
        onCancel={() => attempt(() => chat.cancel(picture.jobId), t('chat.picture.cancel.failed'))}
        onAgain={() => attempt(again, t('chat.picture.again.failed'))}
        onEdit={root === undefined ? undefined : onEdit}
        onInput={canBegin ? (url) => chat.beginWith(url) : undefined}
      />
    );
  },
  (a, b) => a.metadata === b.metadata && a.updatedAt === b.updatedAt && a.words === b.words && a.root === b.root,
);
