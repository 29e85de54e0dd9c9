import type { IncomingHttpHeaders } from 'node:http';
import { chooseLanguage, type Language, languageInCookies } from '@darkroom/protocol';

/** Language tags of an `Accept-Language` header, most wanted first. */
function acceptedTags(header: string): string[] {
  return header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim());
      const quality = parameters.find((parameter) => parameter.startsWith('q='));
      return { tag, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);
}

/** What a request's answer depends on if its language does. */
export const LANGUAGE_VARY = 'accept-language, cookie';

/** The language to answer a reader in: the one chosen in the app, else the first of the browser's that there is. */
export function readerLanguage(headers: IncomingHttpHeaders): Language {
  return languageInCookies(headers.cookie ?? '') ?? chooseLanguage(acceptedTags(headers['accept-language'] ?? ''));
}
