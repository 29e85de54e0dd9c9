import type { Job } from '@darkroom/protocol';
import { formatPercent } from '../../i18n/format.ts';
import { type PlainKey, t } from '../../i18n/translate.ts';
import { styleText } from '../../lib/job-text.ts';

/** One setting of a job, for people. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** What a job was made with, in the order of the form; what was left to the backend is left out. */
export function settingsOf({ options = {}, provider }: Pick<Job, 'options' | 'provider'>): readonly Setting[] {
  const { size, strength } = options;
  const chosen = options.provider ?? (provider && t('settings.backend.automatic', { provider }));
  const known: readonly (readonly [key: PlainKey, value: string | number | undefined])[] = [
    ['settings.backend', chosen],
    ['settings.model', options.model],
    ['settings.size', size && t('options.size', { size })],
    ['settings.steps', options.steps],
    ['settings.style', options.style && styleText(options.style)],
    ['settings.sampler', options.sampler],
    ['settings.cfg', options.cfg],
    ['settings.seed', options.seed],
    ['settings.count', options.count],
    ['settings.strength', strength === undefined ? undefined : formatPercent(strength * 100)],
    ['settings.negative', options.negativePrompt || undefined],
  ];
  return known.flatMap(([key, value]) => (value === undefined ? [] : [{ name: t(key), value: String(value) }]));
}

/** Prompt and settings as text, to be kept or sent to somebody; `origin` makes the picture's address whole. */
export function settingsText(job: Pick<Job, 'prompt' | 'options' | 'provider'>, origin: string): string {
  const image = job.options?.image;
  const lines = [
    { name: t('settings.prompt'), value: job.prompt },
    ...settingsOf(job),
    ...(image === undefined ? [] : [{ name: t('settings.image'), value: new URL(image, origin).href }]),
  ];
  return lines.map(({ name, value }) => `${name}: ${value}`).join('\n');
}
