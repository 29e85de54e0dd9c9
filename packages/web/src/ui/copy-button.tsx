import type { ComponentProps } from 'react';
import { t } from '../i18n/translate.ts';
import { copyText } from '../lib/copy-text.ts';
import { Button } from './button.tsx';
import { toast } from './toast-store.ts';

interface CopyButtonProps extends ComponentProps<typeof Button> {
  /** What to copy, made when it is asked for. */
  readonly text: () => string;
  readonly copied?: string;
}

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ text, copied = t('copy.done'), ...rest }: CopyButtonProps) {
  const copy = async () => {
    if (await copyText(text())) toast({ tone: 'success', title: copied });
    else toast({ tone: 'error', title: t('copy.failed') });
  };
  return <Button onClick={copy} {...rest} />;
}
