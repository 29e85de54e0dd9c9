/** The languages the app is written in. The first is the one others fall back to. */
export const LANGUAGES = ['en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first of the reader's languages that the app has. */
function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const match = LANGUAGES.find((language) => tag === language || tag.startsWith(`${language}-`));
    if (match !== undefined) return match;
  }
  return LANGUAGES[0];
}

/** The language of this visit. */
export const language: Language = preferred(typeof navigator === 'undefined' ? [] : navigator.languages);
