import { Copy } from 'lucide-react';
import { t } from '../../i18n/translate.ts';
import { CopyButton } from '../../ui/copy-button.tsx';

/** Code, with a button that copies it. */
export function CodeBlock({ title, code }: { title: string; code: string }) {
  return (
    <div className="relative">
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
        tabIndex={0}
        aria-label={t('docs.code', { title })}
        className="overflow-x-auto rounded-card border border-border bg-sunken p-4 pr-14"
      >
        <pre className="font-mono text-mono">
          <code>{code}</code>
        </pre>
      </section>
      <CopyButton size="icon" aria-label={t('docs.copy')} text={() => code} className="absolute top-2 right-2">
        <Copy aria-hidden="true" />
      </CopyButton>
    </div>
  );
}
