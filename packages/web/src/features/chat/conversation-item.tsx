import type { Conversation } from '@darkroom/protocol';
import { LIMITS } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { Pencil, Trash2 } from 'lucide-react';
import { memo, useRef, useState } from 'react';
import { formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { navigate } from '../../lib/navigation.ts';
import { requestFailure } from '../../lib/request-failure.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Input } from '../../ui/field.tsx';
import { toast } from '../../ui/toast-store.ts';
import { useChat } from './chat-context.ts';

interface RenameProps {
  readonly title: string;
  /** `byKey`: the focus has gone nowhere else. */
  readonly onDone: (title: string | undefined, byKey: boolean) => void;
}

/** The name, to be written over: Enter keeps what is written, Escape what was there. */
function Rename({ title, onDone }: RenameProps) {
  const [value, setValue] = useState(title);
  const [done, setDone] = useState(false);
  const finish = (kept: boolean, byKey: boolean) => {
    if (done) return;
    setDone(true);
    const wanted = value.trim();
    onDone(kept && wanted !== '' && wanted !== title ? wanted : undefined, byKey);
  };
  return (
    <Input
      autoFocus
      className="pointer-coarse:text-prompt!"
      aria-label={t('chat.rename.label')}
      maxLength={LIMITS.titleChars}
      value={value}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setValue(event.target.value)}
      onBlur={() => finish(true, false)}
      onKeyDown={(event) => {
        if ((event.key !== 'Enter' && event.key !== 'Escape') || event.nativeEvent.isComposing) return;
        // The focus goes to a button, which this very key would press.
        event.preventDefault();
        finish(event.key === 'Enter', true);
      }}
    />
  );
}

function DeleteDialog({ title, busy, onConfirm, onClose }: DeleteDialogProps) {
  return (
    <Dialog
      title={t('chat.delete.title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('chat.delete.keep')}</Button>
          <Button variant="danger" loading={busy} onClick={onConfirm}>
            {t('chat.delete.confirm')}
          </Button>
        </>
      }
    >
      <p className="wrap-anywhere">{t('chat.delete.body', { title })}</p>
    </Dialog>
  );
}

interface DeleteDialogProps {
  readonly title: string;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

function DeleteButton({
  conversation,
  title,
  current,
}: {
  conversation: Conversation;
  title: string;
  current: boolean;
}) {
  const chat = useChat();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    try {
      await chat.remove(conversation.id);
      if (current) navigate('/chat', { replace: true });
    } catch (cause) {
      toast({ tone: 'error', title: t('chat.delete.failed'), body: requestFailure(cause).advice });
      setBusy(false);
      setAsking(false);
    }
  };
  return (
    <>
      <Button variant="ghost" size="icon" aria-label={t('chat.delete', { title })} onClick={() => setAsking(true)}>
        <Trash2 aria-hidden="true" />
      </Button>
      {asking && <DeleteDialog title={title} busy={busy} onConfirm={remove} onClose={() => setAsking(false)} />}
    </>
  );
}

interface ConversationItemProps {
  readonly conversation: Conversation;
  readonly current: boolean;
  readonly onChosen: (() => void) | undefined;
}

/** A conversation in the list. */
export const ConversationItem = memo(function ConversationItem(props: ConversationItemProps) {
  useLanguage();
  const { conversation, current, onChosen } = props;
  const chat = useChat();
  const [renaming, setRenaming] = useState(false);
  const renamed = useRef(false);
  const title = conversation.title === '' ? t('chat.untitled') : conversation.title;
  const rename = async (wanted: string | undefined, byKey: boolean) => {
    renamed.current = byKey;
    setRenaming(false);
    if (wanted === undefined) return;
    try {
      await chat.rename(conversation.id, wanted);
    } catch (cause) {
      toast({ tone: 'error', title: t('chat.rename.failed'), body: requestFailure(cause).advice });
    }
  };
  if (renaming) {
    return (
      <li>
        <Rename title={conversation.title} onDone={rename} />
      </li>
    );
  }
  return (
    <li
      className={clsx(
        'group flex items-center rounded-control pr-0.5 transition-colors duration-150',
        current ? 'bg-raised' : 'hover:bg-raised/60',
      )}
    >
      <a
        href={`/chat/${conversation.id}`}
        aria-current={current ? 'page' : undefined}
        title={formatDateTime(conversation.updatedAt)}
        onClick={onChosen}
        className={clsx('min-w-0 flex-1 truncate rounded-control px-2.5 py-2', current ? 'font-medium' : 'text-muted')}
      >
        {title}
      </a>
      <span
        className={clsx(
          'flex shrink-0',
          !current &&
            'pointer-fine:w-0 pointer-fine:overflow-hidden pointer-fine:group-focus-within:w-auto pointer-fine:group-hover:w-auto',
        )}
      >
        <Button
          ref={(button) => {
            if (renamed.current) button?.focus();
            renamed.current = false;
          }}
          variant="ghost"
          size="icon"
          aria-label={t('chat.rename', { title })}
          onClick={() => setRenaming(true)}
        >
          <Pencil aria-hidden="true" />
        </Button>
        <DeleteButton conversation={conversation} title={title} current={current} />
      </span>
    </li>
  );
});
