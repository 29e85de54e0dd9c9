import type { Language } from '@darkroom/protocol';
import { useSyncExternalStore } from 'react';
import { language, onLanguage } from './language.ts';

/** The reader's language. A memoised component with texts calls it, so that it is drawn again when the language changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(onLanguage, language);
}
