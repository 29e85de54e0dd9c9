import { describe, expect, it } from 'vitest';
import { chooseLanguage, languageInCookies } from './language.ts';

describe('chooseLanguage', () => {
  it.each([
    [['tr-TR', 'en'], 'tr'],
    [['TR'], 'tr'],
    [['de', 'tr', 'en'], 'tr'],
    [['en-GB', 'tr'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
    [['trv'], 'en'],
  ])('%j is read as %s', (wanted, language) => {
    expect(chooseLanguage(wanted)).toBe(language);
  });
});

describe('languageInCookies', () => {
  it.each([
    ['darkroom_language=tr', 'tr'],
    ['a=b; darkroom_language=en; c=d', 'en'],
    ['darkroom_language=xx', undefined],
    ['a=b;darkroom_language=tr', 'tr'],
    ['a=b;   darkroom_language=tr', 'tr'],
    ['a=b; darkroom_language=xx; c=d', undefined],
    ['darkroom_language=', undefined],
    ['darkroom_language=trx', undefined],
    ['darkroom_language', undefined],
    ['darkroom_language=xx; darkroom_language=tr', undefined],
    ['other_darkroom_language=tr', undefined],
    ['', undefined],
  ])('%s: %s', (cookies, language) => {
    expect(languageInCookies(cookies)).toBe(language);
  });
});
