import { LANGUAGES, type Language } from '@darkroom/protocol';
import { Languages } from 'lucide-react';
import { t } from '../i18n/translate.ts';
import { useLanguage } from '../i18n/use-language.ts';
import { loadOrTell } from '../ui/load-or-tell.ts';

/** Every language by its own name, so that whoever reads it finds it. */
const NAMES: Readonly<Record<Language, string>> = { en: 'English', tr: 'Türkçe' };

/** The texts in use are loaded in the chosen language, and so is what loads them. */
async function choose(value: string): Promise<void> {
  const next = LANGUAGES.find((known) => known === value);
  if (next !== undefined)
    await loadOrTell(async () => (await import('../i18n/change-language.ts')).changeLanguage(next));
}

/** The language of the app, remembered in this browser. */
export function LanguageSelect() {
  const language = useLanguage();
  return (
    <span className="relative inline-flex h-9 shrink-0 items-center gap-1.5 rounded-control px-2.5 text-muted transition-colors duration-150 hover:bg-raised hover:text-text">
      <Languages aria-hidden="true" className="size-4.5 sm:size-4" />
      <span aria-hidden="true" className="font-medium uppercase max-md:hidden">
        {language}
      </span>
      {/* The browser's own list of choices, over what stands for it. */}
      <select
        aria-label={t('app.language')}
        title={t('app.language')}
        value={language}
        onChange={({ target }) => void choose(target.value)}
        className="absolute inset-0 appearance-none rounded-control bg-transparent text-transparent"
      >
        {LANGUAGES.map((known) => (
          <option key={known} value={known} lang={known} className="bg-raised text-text">
            {NAMES[known]}
          </option>
        ))}
      </select>
    </span>
  );
}
