import { useEffect, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { navigate } from '../../lib/navigation.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { valuesFromQuery } from '../../ui/settings/form-values.ts';
import { GenerateForm } from './generate-form.tsx';
import { RecentJobs } from './recent-jobs.tsx';
import { Tips } from './tips.tsx';

/** An address this long may be refused by the server when the page is loaded again. */
const LONG_ADDRESS = 3_000;

/** Home: say what you want to see. */
export default function HomePage() {
  const [initial] = useState(() => valuesFromQuery(new URLSearchParams(window.location.search)));
  usePageMeta(t('home.title'), t('home.description'));

  useEffect(() => {
    if (window.location.search.length > LONG_ADDRESS) navigate('/', { replace: true });
  }, []);

  return (
    <>
      <header className="mb-6 sm:mb-8">
        <h1 className="font-semibold text-h1">{t('home.title')}</h1>
        <p className="mt-1.5 text-muted">{t('home.description')}</p>
      </header>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-12">
        <div className="min-w-0 lg:col-span-8">
          <GenerateForm initial={initial} />
        </div>
        <div className="grid min-w-0 grid-cols-1 gap-6 md:grid-cols-2 lg:col-span-4 lg:grid-cols-1">
          <RecentJobs />
          <Tips />
        </div>
      </div>
    </>
  );
}
