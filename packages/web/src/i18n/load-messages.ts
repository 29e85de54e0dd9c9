import type { Language } from '@darkroom/protocol';
import { language } from './language.ts';
import { addMessages, type Message } from './translate.ts';

/** The catalogue comes in one part per page, so that a page loads only its own texts, in one language. `app` is what all pages share. */
export type MessagePart =
  | 'app'
  | 'generate'
  | 'advanced'
  | 'chat'
  | 'job'
  | 'history'
  | 'status'
  | 'docs'
  | 'queue'
  | 'link';

type Load = () => Promise<{ readonly messages: Readonly<Record<string, Message>> }>;

const PARTS: Readonly<Record<Language, Readonly<Record<MessagePart, Load>>>> = {
  en: {
    app: () => import('./en/app.ts'),
    generate: () => import('./en/generate.ts'),
    advanced: () => import('./en/advanced.ts'),
    chat: () => import('./en/chat.ts'),
    job: () => import('./en/job.ts'),
    history: () => import('./en/history.ts'),
    status: () => import('./en/status.ts'),
    docs: () => import('./en/docs.ts'),
    queue: () => import('./en/queue.ts'),
    link: () => import('./en/link.ts'),
  },
  tr: {
    app: () => import('./tr/app.ts'),
    generate: () => import('./tr/generate.ts'),
    advanced: () => import('./tr/advanced.ts'),
    chat: () => import('./tr/chat.ts'),
    job: () => import('./tr/job.ts'),
    history: () => import('./tr/history.ts'),
    status: () => import('./tr/status.ts'),
    docs: () => import('./tr/docs.ts'),
    queue: () => import('./tr/queue.ts'),
    link: () => import('./tr/link.ts'),
  },
};

/** Every part asked for so far: what a change of language has to load. */
export const partsInUse = new Set<MessagePart>();

/** The texts of a part in one language. */
export async function partIn(language: Language, part: MessagePart): Promise<Readonly<Record<string, Message>>> {
  return (await PARTS[language][part]()).messages;
}

/** Makes a part's texts known to `t`. */
export async function loadMessages(part: MessagePart): Promise<void> {
  partsInUse.add(part);
  const loading = language();
  const messages = await partIn(loading, part);
  // If the language has changed meanwhile, the change has loaded this part too.
  if (loading === language()) addMessages(messages);
}
