import { chooseLanguage, type Language, languageInCookies } from '@darkroom/protocol';

let current: Language =
  (typeof document === 'undefined' ? undefined : languageInCookies(document.cookie)) ??
  chooseLanguage(typeof navigator === 'undefined' ? [] : navigator.languages);
const listeners = new Set<() => void>();

/** The language that texts are in now: the one chosen in this browser, else the first of the browser's that there is. */
export function language(): Language {
  return current;
}

/** Says that texts are in `next` from now on. Their parts of the catalogue must be there. */
export function setLanguage(next: Language): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Calls `listener` after every change of language, until the answered function is called. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Something that depends on the language, such as a format: made once for each. */
export function inLanguage<T>(make: (language: Language) => T): () => T {
  const made = new Map<Language, T>();
  return () => {
    const known = made.get(current);
    if (known !== undefined) return known;
    const fresh = make(current);
    made.set(current, fresh);
    return fresh;
  };
}
