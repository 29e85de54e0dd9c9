import { WandSparkles } from 'lucide-react';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { useChat } from './chat-context.ts';

const EXAMPLES: readonly PlainKey[] = ['chat.example.1', 'chat.example.2', 'chat.example.3', 'chat.example.4'];

/** A conversation without a message: what may be said. */
export function Welcome({ conversationId }: { conversationId: string | undefined }) {
  const chat = useChat();
  return (
    <div className="m-auto flex w-full max-w-xl animate-fade-in flex-col items-center py-8 text-center">
      <span className="grid size-14 place-items-center rounded-card border border-border bg-surface shadow-card">
        <WandSparkles aria-hidden="true" className="size-6 text-primary" />
      </span>
      <h2 className="mt-5 font-semibold text-h1">{t('chat.welcome')}</h2>
      <p className="mt-2 max-w-md text-muted">{t('chat.welcome.body')}</p>
      <ul className="mt-7 grid w-full gap-2.5 sm:grid-cols-2">
        {EXAMPLES.map((key) => (
          <li key={key}>
            <button
              type="button"
              onClick={() => void chat.say(conversationId, { content: t(key) })}
              className="h-full w-full rounded-card border border-border bg-surface px-4 py-3 text-left text-muted shadow-card transition-colors duration-150 hover:border-border-strong hover:text-text"
            >
              {t(key)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
