import { ERROR_INFO, type ErrorCode, type HealthReason, type JobError, jobError } from '@darkroom/protocol';
import type { ProviderHealthReport } from './provider.ts';

/** What an adapter knows of a failure beside its code. */
export interface ProviderErrorOptions extends ErrorOptions {
  /** Whether the same job may succeed later. Default: the code's. */
  readonly retryable?: boolean;
  /** The backend may still be working on it, or have done it: submitting again could make, and bill, a second picture. Default false. */
  readonly mayStillRun?: boolean;
  /** Most times the core may submit it again by itself. Default: 3 if retryable, else 0. */
  readonly retries?: number;
  /** The backend asked for this pause (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

const RETRIES = 3;

/** A provider's failure in the job's words: the only error an adapter throws on purpose. `cause` is for the server's log alone. */
export class ProviderError extends Error {
  readonly isProviderError = true;
  override readonly name = 'ProviderError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly mayStillRun: boolean;
  readonly retries: number;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message?: string, options: ProviderErrorOptions = {}) {
    super(message ?? ERROR_INFO[code].message, options);
    this.code = code;
    this.retryable = options.retryable ?? ERROR_INFO[code].retryable;
    this.mayStillRun = options.mayStillRun ?? false;
    this.retries = this.mayStillRun || !this.retryable ? 0 : (options.retries ?? RETRIES);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** By brand, so that it holds across copies of this module. */
export function isProviderError(thrown: unknown): thrown is ProviderError {
  return thrown instanceof Error && 'isProviderError' in thrown && thrown.isProviderError === true;
}

/** What a look at a backend has come to that ended with this. Anything but a `ProviderError` is the end of patience. */
export function healthReason(thrown: unknown): HealthReason {
  const code = isProviderError(thrown) ? thrown.code : 'PROVIDER_TIMEOUT';
  if (code === 'NETWORK_DISCONNECTED' || code === 'PROVIDER_TIMEOUT') return 'unreachable';
  return code === 'PROVIDER_REJECTED' ? 'refused' : 'failing';
}

/** The health report after a check that threw this. The message is the error's, or `silence` if the backend did not answer. */
export function unhealthy(thrown: unknown, silence: string): ProviderHealthReport {
  const reason = healthReason(thrown);
  const hasWords = isProviderError(thrown) && reason !== 'unreachable';
  return { ok: false, reason, message: hasWords ? thrown.message : silence, cause: thrown };
}

/** What a job's log says of a thrown value. Anything but a `ProviderError` is our own fault: `SERVER_ERROR`, details only in the server's log. */
export function toJobError(thrown: unknown): JobError {
  if (!isProviderError(thrown)) return jobError('SERVER_ERROR');
  return jobError(thrown.code, thrown.message, thrown.retryable);
}
