import { Compass } from 'lucide-react';
import { t } from '../i18n/translate.ts';
import { usePageMeta } from '../lib/page-meta.ts';
import { buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

/** For every address that is no page of ours. */
export default function NotFoundPage() {
  usePageMeta(t('notFound.title'), t('notFound.body'));
  return (
    <EmptyState
      icon={Compass}
      heading="h1"
      title={t('notFound.title')}
      body={t('notFound.body')}
      actions={
        <a href="/" className={buttonClass({ variant: 'primary' })}>
          {t('notFound.home')}
        </a>
      }
    />
  );
}
