import { Copy } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { CopyButton } from '../../ui/copy-button.tsx';

/** Code, with a button beside it that copies it. */
export function CodeBlock({ title, code }: { title: string; code: string }) {
  return (
    <div className="flex items-start rounded-card border border-border bg-sunken">
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
        tabIndex={0}
        aria-label={t('docs.code', { title })}
        className="min-w-0 flex-1 overflow-x-auto rounded-card p-4"
      >
        <pre className="font-mono text-mono">
          <code>{code}</code>
        </pre>
      </section>
      <CopyButton size="icon" aria-label={t('docs.copy')} text={() => code} className="m-2">
        <Copy aria-hidden="true" />
      </CopyButton>
    </div>
  );
}
