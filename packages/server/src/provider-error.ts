import { ERROR_INFO, type ErrorCode, type HealthReason, type JobError, jobError, toStorable } from '@darkroom/protocol';
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
const MAX_MESSAGE_CHARS = 1_000;

/** Signs that a text quotes what is not for clients. */
const INTERNAL: readonly RegExp[] = [
  // URLs, IP addresses, ports.
  /\w:\/\//,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/,
  /(?:[\da-f]{0,4}:){3}/i,
  /\blocalhost\b/i,
  /[\w\]]:\d{2,5}\b/,
  // Files, and stack traces, which have several lines.
  /(?:^|[\s"'(])(?:\/[\w.-]+){2,}/,
  /\b[a-z]:\\/i,
  /\n/,
];

/** Whether a text may be shown to clients: it holds no addresses, paths of files or stack traces. */
export const isPublicText = (text: string): boolean => !INTERNAL.some((sign) => sign.test(text));

/**
 * A provider's failure in the job's words: the only error an adapter throws on purpose. It is bounded, and what a database
 * cannot store is replaced. `cause` is for the server's log alone, and so is a message that quotes internals: clients then
 * get the code's own.
 */
export class ProviderError extends Error {
  readonly isProviderError = true;
  override readonly name = 'ProviderError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly mayStillRun: boolean;
  readonly retries: number;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message?: string, options: ProviderErrorOptions = {}) {
    const isPublic = message === undefined || isPublicText(message);
    const text = isPublic ? (message ?? ERROR_INFO[code].message) : ERROR_INFO[code].message;
    super(toStorable(text, MAX_MESSAGE_CHARS), {
      cause: isPublic ? options.cause : new Error(message, { cause: options.cause }),
    });
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

/** The messages of an error and its causes on one line, for the log. */
export function causesOf(thrown: unknown): string {
  const messages: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) messages.push(error.message);
  return messages.join(' ← ');
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
