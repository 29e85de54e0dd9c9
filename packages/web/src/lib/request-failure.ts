import { isDarkroomError } from '@darkroom/client';
import type { ApiError, ApiErrorCode } from '@darkroom/protocol';
import { errorDetail, errorGuidance, errorMessage } from '../i18n/error-copy.ts';
import { t } from '../i18n/translate.ts';

/** A failed request, in words a person understands. */
export interface RequestFailure {
  /** Undefined: the server could not be reached, or answered with something that is not Darkroom's. */
  readonly code: ApiErrorCode | undefined;
  readonly message: string;
  readonly advice: string;
  /** What the server said, in English, where that is more precise and not the reader's language. */
  readonly detail?: string;
  /** The input that was refused, if the server named one. */
  readonly field?: string;
  readonly retryAfterMs?: number;
}

/** Why a request failed, in no language yet. */
export interface FailedRequest {
  /** Undefined: the server could not be reached, or answered with something that is not Darkroom's. */
  readonly error?: ApiError | undefined;
  /** How long the server asked to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
}

/** Codes that mean no more than that nobody answered. */
function isUnreachable(code: ApiErrorCode): boolean {
  return code === 'NETWORK_DISCONNECTED' || code === 'STREAM_UNAVAILABLE';
}

/** Why a call of the client was rejected. */
export function failedRequest(cause: unknown): FailedRequest {
  if (!isDarkroomError(cause) || isUnreachable(cause.code)) return {};
  return { error: cause.error, retryAfterMs: cause.retryAfterMs };
}

/** What a failed request says to the reader. */
export function failureWords({ error, retryAfterMs }: FailedRequest): RequestFailure {
  if (error === undefined) {
    return { code: undefined, message: t('error.unavailable'), advice: t('error.unavailable.advice') };
  }
  const detail = errorDetail(error);
  return {
    code: error.code,
    message: errorMessage(error.code),
    advice: errorGuidance(error),
    ...(detail !== undefined && { detail }),
    ...(error.field !== undefined && { field: error.field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** What a rejected call of the client says to the reader. */
export function requestFailure(cause: unknown): RequestFailure {
  return failureWords(failedRequest(cause));
}
