/** The languages people can read Darkroom in. The first is the one others fall back to. */
export const LANGUAGES = ['en', 'tr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Name of the cookie in which a browser keeps the language its reader chose. Without it, the browser's own languages decide. */
export const LANGUAGE_COOKIE = 'darkroom_language';

/** The first of `wanted` (language tags such as `tr-TR`, best first) that there is. */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [primary] = tag.toLowerCase().split('-');
    const match = LANGUAGES.find((language) => language === primary);
    if (match !== undefined) return match;
  }
  return LANGUAGES[0];
}

/** The language kept in a `Cookie` header or `document.cookie`, if one is. */
export function languageInCookies(cookies: string): Language | undefined {
  const kept = cookies.split(/;\s*/).find((cookie) => cookie.startsWith(`${LANGUAGE_COOKIE}=`));
  return LANGUAGES.find((language) => kept === `${LANGUAGE_COOKIE}=${language}`);
}
