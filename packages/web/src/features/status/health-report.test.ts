import { HealthReason } from '@darkroom/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { messages as english } from '../../i18n/en/status.ts';
import { setLanguage } from '../../i18n/language.ts';
import { messages as turkish } from '../../i18n/tr/status.ts';
import { addMessages } from '../../i18n/translate.ts';
import { healthReport } from './health-report.ts';

const speak = (language: 'en' | 'tr') => {
  addMessages(language === 'en' ? english : turkish);
  setLanguage(language);
};
afterEach(() => speak('en'));

const message = 'Forge does not answer.';

describe('healthReport', () => {
  it('says it in English as the server does', () => {
    speak('en');
    expect(healthReport({ reason: 'unreachable', message })).toEqual({ text: message });
    expect(healthReport({ reason: 'unreachable' })).toEqual({
      text: 'There is no answer from it. Check that it runs, and its address.',
    });
    expect(healthReport({})).toBeUndefined();
  });

  it('[C6] says it in Turkish, with the server’s sentence as the detail', () => {
    speak('tr');
    expect(healthReport({ reason: 'unreachable', message })).toEqual({
      text: 'Ondan yanıt gelmiyor. Çalıştığını ve adresini denetleyin.',
      detail: message,
    });
    expect(healthReport({ message })).toEqual({ text: message, lang: 'en' });
    expect(healthReport({})).toBeUndefined();
  });

  it.each(HealthReason.options)('[C6] has words for %s in both languages', (reason) => {
    const texts = (['en', 'tr'] as const).map((language) => {
      speak(language);
      return healthReport({ reason })?.text;
    });
    expect(new Set(texts).size).toBe(2);
    for (const text of texts) expect(text).not.toContain('health.reason');
  });
});
