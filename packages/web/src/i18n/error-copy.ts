import { type ApiErrorCode, ERROR_INFO } from '@darkroom/protocol';

/** What happened, in the reader's language. The protocol's own copy is the English one. */
export function errorMessage(code: ApiErrorCode): string {
  return ERROR_INFO[code].message;
}

/** What the reader can do about it. */
export function errorAdvice(code: ApiErrorCode): string {
  return ERROR_INFO[code].advice;
}
