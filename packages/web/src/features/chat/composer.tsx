import { LIMITS } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { ArrowUp, Image as ImageIcon, SlidersHorizontal } from 'lucide-react';
import { type KeyboardEvent, lazy, useEffect, useId, useRef, useState } from 'react';
import { loadMessages } from '../../i18n/load-messages.ts';
import { t } from '../../i18n/translate.ts';
import { loadCode } from '../../lib/load-code.ts';
import { Button } from '../../ui/button.tsx';
import { controlClass } from '../../ui/field.tsx';
import { LazyPart } from '../../ui/lazy-part.tsx';
import { EMPTY_FORM, FIELDS, type FormValues, problemsOf, requestOf } from '../../ui/settings/form-values.ts';
import { offeredBy } from '../../ui/settings/offered.ts';
import { useChat, useChatState } from './chat-context.ts';
import { InputChip } from './input-chip.tsx';
import { placeOf, type Request } from './model/chat-state.ts';

const loadSettings = () =>
  Promise.all([import('./composer-settings.tsx'), loadMessages('generate'), loadMessages('advanced')]);
const ComposerSettings = lazy(async () => (await loadCode(loadSettings))[0]);

/** How many settings are not as they are by default. */
function countSet(settings: FormValues): number {
  return FIELDS.filter((name) => name !== 'prompt' && name !== 'strength' && settings[name] !== EMPTY_FORM[name])
    .length;
}

/** What is asked for: with settings that were changed, it is a picture. */
function requestFrom(content: string, picture: boolean, settings: FormValues): Request {
  const changed = countSet(settings) > 0;
  return {
    content,
    ...((picture || changed) && { picture: true }),
    ...(changed && { options: requestOf({ ...settings, prompt: content }).options ?? {} }),
  };
}

/** Whether the server would refuse the settings. */
function useUnsound(): boolean {
  const settings = useChatState((state) => state.settings);
  const backends = useChatState((state) => state.backends);
  const { prompt: _prompt, ...problems } = problemsOf(settings, offeredBy(backends, settings.provider));
  return Object.keys(problems).length > 0;
}

/** Where the next words are written; on a phone no keyboard jumps up by itself. */
function useFocusedField(image: string) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus({ preventScroll: true });
  }, []);
  const shownImage = useRef(image);
  useEffect(() => {
    if (image !== '' && image !== shownImage.current) field.current?.focus({ preventScroll: true });
    shownImage.current = image;
  }, [image]);
  return field;
}

interface ToolsProps {
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly settingsId: string;
}

/** What kind of answer is wanted. */
function Tools({ open, onOpen, settingsId }: ToolsProps) {
  const { store } = useChat();
  const picture = useChatState((state) => state.picture);
  const count = countSet(useChatState((state) => state.settings));
  const tool = 'aria-pressed:bg-primary/20 aria-pressed:text-primary aria-expanded:bg-raised aria-expanded:text-text';
  return (
    <>
      <Button
        variant="ghost"
        size="sm"
        aria-label={t('chat.compose.picture')}
        title={t('chat.compose.picture')}
        aria-pressed={picture}
        onClick={() => store.setState({ picture: !picture })}
        className={tool}
      >
        <ImageIcon aria-hidden="true" />
        {t('chat.compose.picture.short')}
      </Button>
      <Button
        variant="ghost"
        size={count === 0 ? 'icon' : 'sm'}
        aria-label={count === 0 ? t('chat.compose.settings') : t('chat.compose.settings.set', { count })}
        title={t('chat.compose.settings')}
        aria-expanded={open}
        aria-controls={open ? settingsId : undefined}
        onPointerEnter={() => void loadSettings().catch(() => undefined)}
        onClick={() => onOpen(!open)}
        className={tool}
      >
        <SlidersHorizontal aria-hidden="true" />
        {count > 0 && <span className="tabular">{count}</span>}
      </Button>
    </>
  );
}

interface FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onSend: () => void;
  readonly problem: string | undefined;
}

function WordsField({ value, onChange, onSend, problem }: FieldProps) {
  const id = useId();
  const picture = useChatState((state) => state.picture);
  const field = useFocusedField(useChatState(({ settings }) => settings.image));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onSend();
  };
  return (
    <>
      <textarea
        ref={field}
        rows={1}
        name="message"
        aria-label={t('chat.compose')}
        aria-describedby={`${id}-help`}
        aria-invalid={problem === undefined ? undefined : true}
        placeholder={t(picture ? 'chat.compose.placeholder.picture' : 'chat.compose.placeholder')}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        className={clsx(
          controlClass,
          'field-sizing-content max-h-48 resize-none border-0! bg-transparent! px-4 pt-3 pb-1 text-prompt! outline-none!',
        )}
      />
      <p id={`${id}-help`} className={problem === undefined ? 'sr-only' : 'px-4 text-error text-small'}>
        {problem ?? t('chat.compose.help')}
      </p>
    </>
  );
}

/** Where the reader speaks. */
export function Composer({ conversationId }: { conversationId: string | undefined }) {
  const chat = useChat();
  const settingsId = useId();
  const value = useChatState(({ words }) => words[placeOf(conversationId)] ?? '');
  const setValue = (written: string) => chat.write(conversationId, written);
  const [open, setOpen] = useState(false);
  const [sendingPicture, setSendingPicture] = useState(false);
  const unsound = useUnsound();
  const words = value.trim();
  const surplus = words.length - LIMITS.promptChars;
  const ready = words !== '' && surplus <= 0 && !sendingPicture;

  const send = () => {
    if (!ready) return;
    if (unsound) return setOpen(true);
    const { picture, settings } = chat.store.getState();
    setValue('');
    setOpen(false);
    // A picture to begin with and its seed are for this request; the other settings stay for the next.
    chat.store.setState({ settings: { ...settings, image: '', strength: EMPTY_FORM.strength } });
    void chat.say(conversationId, requestFrom(words, picture, settings));
  };
  return (
    <form
      aria-label={t('chat.compose.form')}
      className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-3 sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        send();
        const field = event.currentTarget.elements.namedItem('message');
        if (field instanceof HTMLElement && window.matchMedia('(pointer: fine)').matches) field.focus();
      }}
    >
      <div className="rounded-card border border-border-strong bg-surface shadow-raised has-[textarea:focus-visible]:border-primary has-[textarea:focus-visible]:-outline-offset-1 has-[textarea:focus-visible]:outline-2 has-[textarea:focus-visible]:outline-primary">
        {open && (
          <LazyPart className="h-40">
            <ComposerSettings id={settingsId} onClose={() => setOpen(false)} onSending={setSendingPicture} />
          </LazyPart>
        )}
        <InputChip />
        <WordsField
          value={value}
          onChange={setValue}
          onSend={send}
          problem={
            surplus > 0 ? t('chat.compose.long', { count: surplus }) : unsound ? t('chat.compose.invalid') : undefined
          }
        />
        <div className="flex items-center gap-1 p-2">
          <Tools open={open} onOpen={setOpen} settingsId={settingsId} />
          <Button
            type="submit"
            variant="primary"
            size="icon"
            aria-label={t('chat.compose.send')}
            disabled={!ready}
            className="ml-auto rounded-full!"
          >
            <ArrowUp aria-hidden="true" />
          </Button>
        </div>
      </div>
    </form>
  );
}
