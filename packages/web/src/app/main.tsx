import { createClient } from '@darkroom/client';
import { DarkroomProvider } from '@darkroom/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { messages } from '../i18n/en/app.ts';
import { language } from '../i18n/language.ts';
import { addMessages } from '../i18n/translate.ts';
import { interceptNavigation } from '../lib/navigation.ts';
import { App } from './app.tsx';
import './styles.css';

addMessages(messages);
document.documentElement.lang = language;
interceptNavigation();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root');
createRoot(root).render(
  <StrictMode>
    <DarkroomProvider client={createClient()}>
      <App />
    </DarkroomProvider>
  </StrictMode>,
);
