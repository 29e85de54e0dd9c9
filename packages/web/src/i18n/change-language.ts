import { LANGUAGE_COOKIE, LANGUAGES, type Language } from '@darkroom/protocol';
import { language, setLanguage } from './language.ts';
import { partIn, partsInUse } from './load-messages.ts';
import { addMessages, forgetMessages, type Message } from './translate.ts';

let newest: Language | undefined;

/** Shows the app in another language as soon as the texts that are in use have come. */
async function show(next: Language): Promise<void> {
  newest = next;
  const parts: Readonly<Record<string, Message>>[] = [];
  // Parts that are asked for meanwhile join the set, and the loop sees them too.
  for (const part of partsInUse) parts.push(await partIn(next, part));
  if (newest !== next || next === language()) return;
  forgetMessages();
  for (const messages of parts) addMessages(messages);
  setLanguage(next);
}

const YEAR_SECONDS = 31_536_000;

/** Changes the language here and in the browser's other tabs, and remembers it for the next visits. */
export async function changeLanguage(next: Language): Promise<void> {
  await show(next);
  // biome-ignore lint/suspicious/noDocumentCookie: many browsers lack the Cookie Store API, and the server reads the cookie too
  document.cookie = `${LANGUAGE_COOKIE}=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  const tabs = new BroadcastChannel(LANGUAGE_COOKIE);
  tabs.postMessage(next);
  tabs.close();
}

/** Follows what another tab has said. */
export async function followLanguage(said: unknown): Promise<void> {
  const next = LANGUAGES.find((known) => known === said);
  if (next !== undefined) await show(next);
}
