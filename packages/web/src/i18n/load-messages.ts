import { type Language, language } from './language.ts';
import { addMessages, type Message } from './translate.ts';

/** The catalogue comes in one part per page, so that a page loads only its own texts. */
export type MessagePart = 'generate' | 'advanced' | 'chat' | 'job' | 'history' | 'status' | 'docs' | 'queue';

type Load = () => Promise<{ readonly messages: Readonly<Record<string, Message>> }>;

const PARTS: Readonly<Record<Language, Readonly<Record<MessagePart, Load>>>> = {
  en: {
    generate: () => import('./en/generate.ts'),
    advanced: () => import('./en/advanced.ts'),
    chat: () => import('./en/chat.ts'),
    job: () => import('./en/job.ts'),
    history: () => import('./en/history.ts'),
    status: () => import('./en/status.ts'),
    docs: () => import('./en/docs.ts'),
    queue: () => import('./en/queue.ts'),
  },
};

/** Makes a part's texts known to `t`. */
export async function loadMessages(part: MessagePart): Promise<void> {
  addMessages((await PARTS[language][part]()).messages);
}
