import { BookOpen } from 'lucide-react';
import { memo } from 'react';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { Card, CardHeader } from '../../ui/card.tsx';

const TIPS: readonly (readonly [title: PlainKey, body: PlainKey])[] = [
  ['tips.1.title', 'tips.1.body'],
  ['tips.2.title', 'tips.2.body'],
  ['tips.3.title', 'tips.3.body'],
];

/** How to get better pictures. */
export const Tips = memo(function Tips() {
  useLanguage();
  return (
    <Card aria-labelledby="tips">
      <CardHeader id="tips" title={t('tips.title')} />
      <dl className="space-y-3 px-4 pb-4 sm:px-5">
        {TIPS.map(([title, body]) => (
          <div key={title}>
            <dt className="font-medium">{t(title)}</dt>
            <dd className="text-muted">{t(body)}</dd>
          </div>
        ))}
      </dl>
      <a
        href="/docs"
        className="flex items-center gap-2 rounded-b-card border-border border-t px-4 py-3 text-muted text-small transition-colors duration-150 hover:bg-raised hover:text-text sm:px-5"
      >
        <BookOpen aria-hidden="true" className="size-3.5 shrink-0" />
        {t('tips.docs')}
      </a>
    </Card>
  );
});
