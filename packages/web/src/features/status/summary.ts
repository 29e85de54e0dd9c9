import type { HealthResponse } from '@darkroom/protocol';
import { language } from '../../i18n/language.ts';
import { t } from '../../i18n/translate.ts';
import { backendHealth, healthText } from '../../lib/backend-text.ts';

/** The whole server in a sentence. */
export interface Summary {
  readonly tone: 'success' | 'warning' | 'error';
  readonly title: string;
  readonly body: string;
}

const cannotWork = (health: string) => health === 'resting' || health === 'down';

/** What matters most of all that is known; undefined where there is no backend to speak of. */
export function summaryOf({ providers, storage }: HealthResponse): Summary | undefined {
  const count = providers.length;
  const down = providers.filter((backend) => cannotWork(backendHealth(backend))).length;
  if (!storage.ok) {
    return {
      tone: 'error',
      title: t('health.storage'),
      body: (language() === 'en' ? storage.message : undefined) ?? t('health.storage.body'),
    };
  }
  if (count === 0) return undefined;
  if (down === count) return { tone: 'error', title: t('health.none'), body: t('health.none.body') };
  if (down > 0) return { tone: 'warning', title: t('health.some', { down, count }), body: t('health.some.body') };
  return { tone: 'success', title: t('health.good'), body: t('health.good.body', { count }) };
}

/** What a screen reader is told; it changes only with somebody's health. */
export function announcementOf(health: HealthResponse): string {
  const backends = health.providers
    .map((backend) => t('health.announce.backend', { name: backend.name, health: healthText(backendHealth(backend)) }))
    .join(' ');
  return t('health.announce', { summary: summaryOf(health)?.title ?? t('health.empty.title'), backends });
}
