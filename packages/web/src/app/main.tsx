import { createClient } from '@darkroom/client';
import { DarkroomProvider } from '@darkroom/client/react';
import { LANGUAGE_COOKIE } from '@darkroom/protocol';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { language, onLanguage } from '../i18n/language.ts';
import { loadMessages } from '../i18n/load-messages.ts';
import { onIdentityChange } from '../lib/identity-mark.ts';
import { loadCode } from '../lib/load-code.ts';
import { interceptNavigation } from '../lib/navigation.ts';
import { App } from './app.tsx';
import './styles.css';

/** Said when not even the texts can be loaded. */
const BROKEN = {
  en: 'Darkroom could not be loaded. Please load the page again.',
  tr: 'Darkroom yüklenemedi. Lütfen sayfayı yeniden yükleyin.',
} as const;

/** Follows a change of language in another tab. */
function followTabs(): void {
  new BroadcastChannel(LANGUAGE_COOKIE).onmessage = async ({ data }) => {
    await loadCode(async () => (await import('../i18n/change-language.ts')).followLanguage(data));
  };
}

function start(root: HTMLElement): void {
  interceptNavigation();
  followTabs();
  // Sockets and caches of this tab are still the former owner's.
  onIdentityChange(() => window.location.reload());
  createRoot(root).render(
    <StrictMode>
      <DarkroomProvider client={createClient()}>
        <App />
      </DarkroomProvider>
    </StrictMode>,
  );
}

const markLanguage = () => {
  document.documentElement.lang = language();
};
markLanguage();
onLanguage(markLanguage);

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root');
loadCode(async () => {
  try {
    await loadMessages('app');
  } catch (cause) {
    root.textContent = BROKEN[language()];
    throw cause;
  }
}).then(
  () => start(root),
  () => undefined,
);
