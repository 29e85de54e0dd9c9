import { isDarkroomError } from '@darkroom/client';
import type { ApiErrorCode } from '@darkroom/protocol';
import { errorAdvice, errorMessage } from '../i18n/error-copy.ts';
import { t } from '../i18n/translate.ts';

/** A failed request, in words a person understands. */
export interface RequestFailure {
  /** Undefined: the server could not be reached, or answered with something that is not Darkroom's. */
  readonly code: ApiErrorCode | undefined;
  readonly message: string;
  readonly advice: string;
  /** The input that was refused, if the server named one. */
  readonly field?: string;
  readonly retryAfterMs?: number;
}

/** Codes that mean no more than that nobody answered. */
function isUnreachable(code: ApiErrorCode): boolean {
  return code === 'NETWORK_DISCONNECTED' || code === 'STREAM_UNAVAILABLE';
}

/** What a rejected call of the client says to the reader. */
export function requestFailure(cause: unknown): RequestFailure {
  if (!isDarkroomError(cause) || isUnreachable(cause.code)) {
    return { code: undefined, message: t('error.unavailable'), advice: t('error.unavailable.advice') };
  }
  const { error, retryAfterMs } = cause;
  const standard = errorMessage(error.code);
  return {
    code: error.code,
    message: standard,
    advice: error.message === standard ? errorAdvice(error.code) : error.message,
    ...(error.field !== undefined && { field: error.field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
