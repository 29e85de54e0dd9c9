import { ERROR_INFO, type ErrorCode, type JobError, jobError } from '@darkroom/protocol';

/** A provider's failure in the job's words: the only error an adapter throws on purpose. */
export class ProviderError extends Error {
  readonly isProviderError = true;
  override readonly name = 'ProviderError';
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? ERROR_INFO[code].message, options);
    this.code = code;
    this.retryable = ERROR_INFO[code].retryable;
  }
}

/** By brand, so that it holds across copies of this module. */
export function isProviderError(thrown: unknown): thrown is ProviderError {
  return thrown instanceof Error && 'isProviderError' in thrown && thrown.isProviderError === true;
}

/** What a job's log says of a thrown value. Anything but a `ProviderError` is our own fault: `SERVER_ERROR`, details only in the server's log. */
export function toJobError(thrown: unknown): JobError {
  if (!isProviderError(thrown)) return jobError('SERVER_ERROR');
  return { code: thrown.code, message: thrown.message, retryable: thrown.retryable };
}
