import type { Job } from '@darkroom/protocol';
import { Link2, SquarePen } from 'lucide-react';
import { memo, useState } from 'react';
import { t } from '../../i18n/translate.ts';
import { useLanguage } from '../../i18n/use-language.ts';
import { optionTexts } from '../../lib/job-text.ts';
import { prefillUrl } from '../../lib/prefill.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';

const LONG_PROMPT = 220;

function PromptText({ prompt }: { prompt: string }) {
  const [whole, setWhole] = useState(false);
  const long = prompt.length > LONG_PROMPT;
  return (
    <div className="mt-3 max-w-3xl">
      <h2 className="sr-only">{t('prompt.title')}</h2>
      <p className={`break-words text-muted text-prompt ${long && !whole ? 'line-clamp-3' : ''}`}>{prompt}</p>
      {long && (
        <Button
          variant="ghost"
          size="sm"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
          className="-ml-2.5 mt-1"
        >
          {t(whole ? 'prompt.less' : 'prompt.more')}
        </Button>
      )}
    </div>
  );
}

/** The page's heading: what was asked for, and what can be done with it. */
export const PromptSummary = memo(function PromptSummary({
  prompt,
  options,
  jobId,
}: Pick<Job, 'prompt' | 'options'> & { jobId: string }) {
  useLanguage();
  return (
    <header className="mb-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="font-semibold text-h1">{t('job.title')}</h1>
        <div className="flex flex-wrap gap-2">
          <CopyButton
            size="sm"
            text={() => new URL(`/jobs/${jobId}`, window.location.href).href}
            copied={t('share.copied')}
          >
            <Link2 aria-hidden="true" />
            {t('prompt.share')}
          </CopyButton>
          <a
            href={prefillUrl(options === undefined ? { prompt } : { prompt, options })}
            className={buttonClass({ size: 'sm' })}
          >
            <SquarePen aria-hidden="true" />
            {t('prompt.restart')}
          </a>
        </div>
      </div>
      <PromptText prompt={prompt} />
      <ul className="mt-3 flex flex-wrap gap-2">
        {optionTexts(options).map((text) => (
          <li key={text}>
            <Badge className="tabular">{text}</Badge>
          </li>
        ))}
      </ul>
    </header>
  );
});
