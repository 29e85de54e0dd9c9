import { prepareWatching } from '@darkroom/client';
import { type ComponentType, lazy } from 'react';
import { loadMessages, type MessagePart } from '../i18n/load-messages.ts';
import { loadCode } from '../lib/load-code.ts';

/** A page that is loaded when first opened, together with its texts. */
function page<Props extends object>(part: MessagePart, load: () => Promise<{ default: ComponentType<Props> }>) {
  const loadWhole = async () => {
    const [loaded] = await Promise.all([load(), loadMessages(part)]);
    return loaded;
  };
  return lazy(() => loadCode(loadWhole));
}

/** A page that is going to watch jobs, with the code for that. */
async function withWatching<Loaded>(loading: Promise<Loaded>): Promise<Loaded> {
  const [loaded] = await Promise.all([loading, prepareWatching()]);
  return loaded;
}

export const HomePage = page('generate', () => import('../features/generate/home-page.tsx'));
export const ChatPage = page('chat', () => withWatching(import('../features/chat/chat-page.tsx')));
export const JobPage = page('job', () => withWatching(import('../features/job/job-page.tsx')));
export const HistoryPage = page('history', () => import('../features/history/history-page.tsx'));
export const DocsPage = page('docs', () => import('../features/docs/docs-page.tsx'));
export const StatusPage = page('status', () => import('../features/status/status-page.tsx'));
export const LinkPage = page('link', () => import('../features/link/link-page.tsx'));
export const NotFoundPage = lazy(() => loadCode(() => import('./not-found-page.tsx')));
