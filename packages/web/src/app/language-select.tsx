import { LANGUAGES, type Language } from '@darkroom/protocol';
import { t } from '../i18n/translate.ts';
import { useLanguage } from '../i18n/use-language.ts';

/** Every language by its own name, so that whoever reads it finds it. */
const NAMES: Readonly<Record<Language, string>> = { en: 'English', tr: 'Türkçe' };

/** The texts in use are loaded in the chosen language, and so is what loads them. */
async function choose(value: string): Promise<void> {
  const next = LANGUAGES.find((known) => known === value);
  const { changeLanguage } = await import('../i18n/change-language.ts');
  if (next !== undefined) await changeLanguage(next);
}

/** The language of the app, remembered in this browser. */
export function LanguageSelect() {
  const language = useLanguage();
  return (
    <select
      aria-label={t('app.language')}
      value={language}
      onChange={({ target }) => void choose(target.value)}
      className="h-6 rounded bg-background text-text"
    >
      {LANGUAGES.map((known) => (
        <option key={known} value={known} lang={known}>
          {NAMES[known]}
        </option>
      ))}
    </select>
  );
}
