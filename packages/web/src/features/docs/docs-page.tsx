import { type PlainKey, t } from '../../i18n/translate.ts';
import { usePageMeta } from '../../lib/page-meta.ts';
import { Endpoints } from './endpoints.tsx';
import { QuickStart } from './quick-start.tsx';
import { ErrorTable, LimitTable } from './reference-tables.tsx';

const CONTENTS: readonly (readonly [id: string, title: PlainKey])[] = [
  ['start', 'docs.start'],
  ['endpoints', 'docs.endpoints'],
  ['errors', 'docs.errors'],
  ['limits', 'docs.limits'],
];

function Contents() {
  return (
    <nav aria-label={t('docs.contents')} className="mb-8 lg:sticky lg:top-6 lg:mb-0">
      <p className="mb-2 text-muted text-small max-lg:sr-only">{t('docs.contents')}</p>
      <ul className="flex flex-wrap gap-1 lg:flex-col">
        {CONTENTS.map(([id, title]) => (
          <li key={id}>
            <a
              href={`#${id}`}
              className="block rounded-control px-3 py-1.5 font-medium text-muted transition-colors duration-150 hover:bg-raised hover:text-text max-lg:border max-lg:border-border lg:-ml-3"
            >
              {t(title)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How to use Darkroom from one's own code. */
export default function DocsPage() {
  usePageMeta(t('docs.title'), t('docs.description'));
  return (
    <>
      <header className="mb-6 sm:mb-10">
        <h1 className="font-semibold text-h1">{t('docs.title')}</h1>
        <p className="mt-1.5 text-muted">{t('docs.description')}</p>
      </header>
      <div className="items-start gap-6 lg:grid lg:grid-cols-12">
        <div className="lg:col-span-2 lg:h-full">
          <Contents />
        </div>
        <div className="min-w-0 lg:col-span-10">
          <QuickStart />
          <Endpoints />
          <ErrorTable />
          <LimitTable />
        </div>
      </div>
    </>
  );
}
