import { ApiErrorCode } from '@darkroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorAdvice, errorDetail, errorMessage, errorText } from './error-copy.ts';
import { formatAgo, formatDateTime, formatDuration, formatList, formatNumber, formatPercent } from './format.ts';
import { setLanguage } from './language.ts';
import { messages as app } from './tr/app.ts';
import { messages as job } from './tr/job.ts';
import { addMessages, forgetMessages, t } from './translate.ts';

const ENGLISH = [
  import('./en/advanced.ts'),
  import('./en/app.ts'),
  import('./en/chat.ts'),
  import('./en/docs.ts'),
  import('./en/generate.ts'),
  import('./en/history.ts'),
  import('./en/job.ts'),
  import('./en/link.ts'),
  import('./en/queue.ts'),
  import('./en/status.ts'),
];

beforeAll(() => {
  addMessages(app);
  addMessages(job);
  setLanguage('tr');
});
afterAll(async () => {
  setLanguage('en');
  // Turkish has texts of its own, those of errors, which no English one replaces.
  forgetMessages();
  for (const part of await Promise.all(ENGLISH)) addMessages(part.messages);
});

describe('[C6] Turkish', () => {
  it('chooses the form for a count, and takes one text for both where they are alike', () => {
    expect(t('state.completed.body', { count: 1 })).toBe('Görseliniz hazır.');
    expect(t('state.completed.body', { count: 3 })).toBe('3 görseliniz hazır.');
    expect(t('options.steps', { count: 1 })).toBe('1 adım');
    expect(t('options.steps', { count: 20 })).toBe('20 adım');
  });

  it('writes numbers, durations, dates and lists as Turkish readers do', () => {
    expect(formatNumber(2000)).toBe('2.000');
    expect(formatPercent(42)).toBe('%42');
    expect(formatDuration(12_000)).toBe('12 sn.');
    expect(formatAgo(0, 300_000)).toBe('5 dk. önce');
    expect(formatDateTime('2026-11-21T12:03:00Z')).toMatch(/^21 Kas 2026/);
    expect(formatList(['512', '768', '1024'])).toBe('512, 768, 1024');
  });

  it.each(ApiErrorCode.options)('says what %s means and what to do', (code) => {
    expect(errorMessage(code)).not.toBe('');
    expect(errorAdvice(code)).not.toBe('');
    expect(`${errorMessage(code)} ${errorAdvice(code)}`).toMatch(/[ğışçöü]/i);
  });

  it('keeps what a server said more precisely as a detail', () => {
    const error = { code: 'PROVIDER_TIMEOUT', message: 'forge gave no answer in 180 s.' } as const;
    expect(errorText(error)).toBe('Üretim kısıtlandı veya zaman aşımına uğradı. Yeniden deneyebilirsiniz.');
    expect(errorDetail(error)).toBe('forge gave no answer in 180 s.');
    expect(errorDetail({ ...error, message: '' })).toBeUndefined();
  });
});
