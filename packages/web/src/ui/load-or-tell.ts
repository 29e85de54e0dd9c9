import { t } from '../i18n/translate.ts';
import { loadWhileReachable } from '../lib/load-code.ts';
import { toast } from './toast-store.ts';

/**
 * Loads code that the user has just asked for, now or not at all: a dialog that opened minutes later would surprise.
 * Undefined where that failed; a toast has said so, with `title` or the reason as its title.
 */
export async function loadOrTell<Code>(load: () => Promise<Code>, title?: string): Promise<Code | undefined> {
  const result = await loadWhileReachable(load);
  if (result.loaded) return result.code;
  const [reason, advice] = result.reachable
    ? [t('loading.failed'), t('loading.failed.advice')]
    : [t('error.unavailable'), t('error.unavailable.advice')];
  toast({ tone: 'error', title: title ?? reason, body: advice });
  return undefined;
}
