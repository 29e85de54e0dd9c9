import { X } from 'lucide-react';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/translate.ts';
import { Button } from '../../ui/button.tsx';
import { useChat, useChatState } from './chat-context.ts';

const STEP = 0.05;

/** The picture that the next one begins with, and how far it may leave it. */
export function InputChip() {
  const { store } = useChat();
  const image = useChatState(({ settings }) => settings.image);
  const strength = useChatState(({ settings }) => settings.strength);
  if (image === '') return null;
  const change = (changed: { image?: string; strength?: string }) =>
    store.setState(({ settings }) => ({ settings: { ...settings, ...changed } }));
  const percent = formatPercent(Number(strength) * 100);
  return (
    <div className="flex animate-rise items-center gap-3 px-3 pt-3">
      <img
        src={image}
        alt={t('chat.compose.input')}
        className="size-12 shrink-0 rounded-control border border-border bg-sunken object-cover"
      />
      <div className="min-w-0 flex-1">
        <p className="truncate text-small">{t('chat.compose.input.note')}</p>
        <label className="mt-0.5 flex items-center gap-2 text-muted text-small">
          <span className="shrink-0 tabular">{t('chat.compose.input.strength', { percent })}</span>
          <input
            type="range"
            min={0}
            max={1}
            step={STEP}
            value={strength}
            aria-valuetext={percent}
            onChange={(event) => change({ strength: event.target.value })}
            className="h-5 w-full max-w-40 cursor-pointer accent-primary"
          />
        </label>
      </div>
      <Button
        variant="ghost"
        size="icon"
        aria-label={t('chat.compose.input.remove')}
        onClick={() => change({ image: '' })}
      >
        <X aria-hidden="true" />
      </Button>
    </div>
  );
}
