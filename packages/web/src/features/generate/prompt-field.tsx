import { LIMITS } from '@darkroom/protocol';
import { clsx } from 'clsx';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { formatNumber } from '../../i18n/format.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { controlClass } from '../../ui/field.tsx';

const EXAMPLES: readonly PlainKey[] = [
  'generate.example.1',
  'generate.example.2',
  'generate.example.3',
  'generate.example.4',
];
const ROTATE_MS = 5_000;

/** The example prompts, one after the other, for as long as nothing is typed. */
function useRotatingExample(active: boolean): PlainKey {
  const [index, setIndex] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setIndex((last) => last + 1), ROTATE_MS);
    return () => clearInterval(timer);
  }, [active]);
  return EXAMPLES[index % EXAMPLES.length] ?? 'generate.example.1';
}

function Count({ id, used }: { id: string; used: number }) {
  const max = LIMITS.promptChars;
  const numbers = { used: formatNumber(used), max: formatNumber(max) };
  return (
    <span id={id} className={clsx('shrink-0 tabular text-small', used > max ? 'font-medium text-error' : 'text-muted')}>
      <span aria-hidden="true">{t('generate.count', numbers)}</span>
      <span className="sr-only">{t('generate.count.label', numbers)}</span>
    </span>
  );
}

interface PromptFieldProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (prompt: string) => void;
  readonly onSubmit: () => void;
}

/** The prompt, how long it is, what is wrong with it, and examples to start from. */
export function PromptField({ value, error, onChange, onSubmit }: PromptFieldProps) {
  const example = useRotatingExample(value === '');
  const submitOnShortcut = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSubmit();
  };
  return (
    <div>
      <label htmlFor="prompt" className="mb-2 block font-semibold text-h2">
        {t('generate.prompt')}
      </label>
      <textarea
        id="prompt"
        name="prompt"
        rows={5}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={submitOnShortcut}
        placeholder={t('generate.example.placeholder', { example: t(example) })}
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={error === undefined ? 'prompt-count' : 'prompt-error prompt-count'}
        className={clsx(controlClass, 'field-sizing-content max-h-96 min-h-36 resize-y px-4 py-3 text-prompt')}
      />
      <div className="mt-1.5 flex min-h-[18px] justify-between gap-4">
        <p id="prompt-error" className="text-error text-small">
          {error}
        </p>
        <Count id="prompt-count" used={value.trim().length} />
      </div>
      <fieldset className="mt-3 min-w-0">
        <legend className="mb-2 text-muted text-small">{t('generate.examples')}</legend>
        <div className="flex flex-wrap gap-2">
          {EXAMPLES.map((key) => (
            <button
              key={key}
              type="button"
              onClick={() => onChange(t(key))}
              className="max-w-full truncate rounded-full border border-border bg-raised px-3 py-1 text-muted text-small transition-colors duration-150 hover:border-border-strong hover:text-text"
            >
              {t(key)}
            </button>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
