import type { HealthReason, ProviderStatus } from '@darkroom/protocol';
import { language } from '../../i18n/language.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';

const REASONS: Readonly<Record<HealthReason, PlainKey>> = {
  unreachable: 'health.reason.unreachable',
  refused: 'health.reason.refused',
  failing: 'health.reason.failing',
  unasked: 'health.reason.unasked',
  'worker-silent': 'health.reason.worker-silent',
  'model-missing': 'health.reason.model-missing',
  'no-models': 'health.reason.no-models',
  'models-untold': 'health.reason.models-untold',
};

/** What a backend's health check says, for people. */
export interface HealthReport {
  readonly text: string;
  /** Of the text, where it is not the reader's. */
  readonly lang: 'en' | undefined;
  /** The server's own sentence, where the text is less precise. */
  readonly detail: string | undefined;
}

/** What is wrong with a backend, or worth knowing: to a reader of English as the server says it; undefined: nothing. */
export function healthReport({
  reason,
  message,
}: Pick<ProviderStatus, 'reason' | 'message'>): HealthReport | undefined {
  const english = language() === 'en';
  if (message !== undefined && (reason === undefined || english))
    return { text: message, lang: english ? undefined : 'en', detail: undefined };
  return reason && { text: t(REASONS[reason]), lang: undefined, detail: message };
}
