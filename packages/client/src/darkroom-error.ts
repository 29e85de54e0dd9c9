import type { ApiError, ApiErrorCode } from '@darkroom/protocol';

/** Circumstances of a failure, beside what the server said. */
export interface FailureDetails {
  /** HTTP status; none where no answer came. */
  readonly status?: number | undefined;
  /** How long the server asked to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Why a request failed: the server's error, or `NETWORK_DISCONNECTED` where no answer came. */
export class DarkroomError extends Error {
  /** Brand: `isDarkroomError` works across several copies of this package. */
  readonly isDarkroomError = true;
  override readonly name = 'DarkroomError';
  /** The error as the server sent it. */
  readonly error: ApiError;
  readonly code: ApiErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(error: ApiError, { status, retryAfterMs, cause }: FailureDetails = {}) {
    super(error.message, { cause });
    this.error = error;
    this.code = error.code;
    this.retryable = error.retryable;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether `value` is a `DarkroomError`, of this copy of the package or another. */
export function isDarkroomError(value: unknown): value is DarkroomError {
  return value instanceof Error && 'isDarkroomError' in value && value.isDarkroomError === true;
}
