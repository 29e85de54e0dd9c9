import { t } from '../i18n/translate.ts';

/** What the server said of an error, in English, for whoever wants to know more than the words above it. */
export function ServerDetail({ detail }: { detail: string | undefined }) {
  if (detail === undefined) return null;
  return (
    <details className="mt-1 text-muted text-small">
      <summary className="cursor-pointer">{t('error.details')}</summary>
      <p lang="en" className="break-words">
        {detail}
      </p>
    </details>
  );
}
