import { type ApiError, type ApiErrorCode, ERROR_INFO } from '@darkroom/protocol';
import { language } from './language.ts';
import { knownText } from './translate.ts';

/** The texts of every error code in a language other than English, whose copy is the protocol's own. */
export type ErrorMessages = {
  readonly [Key in `error.${ApiErrorCode}` | `error.${ApiErrorCode}.advice`]: string;
};

/** What happened, in the reader's language. */
export function errorMessage(code: ApiErrorCode): string {
  return knownText(`error.${code}`) ?? ERROR_INFO[code].message;
}

/** What the reader can do about it. */
export function errorAdvice(code: ApiErrorCode): string {
  return knownText(`error.${code}.advice`) ?? ERROR_INFO[code].advice;
}

type SentError = Pick<ApiError, 'code' | 'message'>;

/** What a server said that is more precise than the words for the code: one sentence, in English. */
export function preciseMessage({ code, message }: SentError): string | undefined {
  return message === '' || message === ERROR_INFO[code].message ? undefined : message;
}

/** An error in one sentence of the reader's language: as precise as the server said it, where that is English. */
export function errorText(error: SentError): string {
  return (language() === 'en' ? preciseMessage(error) : undefined) ?? errorMessage(error.code);
}

/** What to do about an error; to a reader of English rather what the server said, where that is more precise. */
export function errorGuidance(error: SentError): string {
  return (language() === 'en' ? preciseMessage(error) : undefined) ?? errorAdvice(error.code);
}

/** What a reader of another language finds behind “Details”. */
export function errorDetail(error: SentError): string | undefined {
  return language() === 'en' ? undefined : preciseMessage(error);
}
