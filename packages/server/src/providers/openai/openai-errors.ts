import type { ErrorCode } from '@darkroom/protocol';
import { APIConnectionTimeoutError, APIError } from 'openai';
import { ProviderError, type ProviderErrorOptions } from '../../provider-error.ts';
import { hasStalled } from '../long-fetch.ts';
import { classifyStatus, parseRetryAfter, wasNeverSent } from '../upstream-http.ts';
import { ErrorBody } from './openai-wire.ts';

/** Where a failure happened: before the answer's headers, or while its body was being read. */
export type Phase = 'request' | 'stream' | 'body';

interface Meaning {
  readonly code: ErrorCode;
  readonly message?: string;
}

const MODERATED = 'The backend’s safety system refused this. Please change the prompt.';
const NO_CREDIT: Meaning = { code: 'PROVIDER_REJECTED', message: 'The server’s account at the backend has no credit.' };
const OVERLOADED: Meaning = { code: 'SERVER_ERROR', message: 'The backend is overloaded. You can retry.' };
const BAD_KEY: Meaning = { code: 'PROVIDER_REJECTED', message: 'The backend does not accept the server’s key.' };

/** By the error's own code, whatever the HTTP status: `billing_hard_limit_reached` comes with 400, quota with 429. */
const BY_CODE: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    moderation_blocked: { code: 'PROVIDER_REJECTED', message: MODERATED },
    content_policy_violation: { code: 'PROVIDER_REJECTED', message: MODERATED },
    insufficient_quota: NO_CREDIT,
    credit_balance_exhausted: NO_CREDIT,
    billing_hard_limit_reached: NO_CREDIT,
    invalid_api_key: BAD_KEY,
    model_not_found: {
      code: 'PROVIDER_REJECTED',
      message: 'The backend does not know this model, or may not be asked for it.',
    },
    rate_limit_exceeded: { code: 'PROVIDER_RATE_LIMIT' },
    server_error: { code: 'SERVER_ERROR', message: 'The backend had an error of its own.' },
    overloaded: OVERLOADED,
    slow_down: OVERLOADED,
    server_is_overloaded: OVERLOADED,
  }),
);

const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: BAD_KEY,
  403: { code: 'PROVIDER_REJECTED', message: 'The backend does not let the server’s account do this.' },
  404: { code: 'PROVIDER_REJECTED', message: 'The backend does not know this model or address.' },
  408: { code: 'PROVIDER_TIMEOUT', message: 'The backend did not answer in time.' },
  504: { code: 'PROVIDER_TIMEOUT', message: 'The backend did not answer in time.' },
  524: { code: 'PROVIDER_TIMEOUT', message: 'The backend did not answer in time.' },
};

/** A gateway that says these does not know what became of the request behind it. */
const FATE_UNKNOWN = new Set([504, 520, 524]);

/** Types of errors that the request is to blame for; all there is where an error in a stream has an unknown code. */
const USER_ERRORS = new Set(['image_generation_user_error', 'invalid_request_error']);

function invalidMessage({ param }: ErrorBody): string {
  return param !== undefined && /^[a-z_]{1,40}$/.test(param)
    ? `The backend refused the request: it does not accept its “${param}”.`
    : 'The backend refused the request as invalid.';
}

function meaningOf(status: number | undefined, body: ErrorBody): Meaning {
  const known = BY_CODE.get(body.code) ?? BY_STATUS[status ?? 0];
  if (known !== undefined) {
    const categories = body.categories.filter((name) => /^[a-z][a-z _/-]{0,39}$/i.test(name));
    if (known.message !== MODERATED || categories.length === 0) return known;
    return {
      ...known,
      message: `The backend’s safety system refused this (${categories.join(', ')}). Please change the prompt.`,
    };
  }
  const byStatus = status === undefined ? undefined : classifyStatus({ status, headers: {}, text: '' }).code;
  const code = byStatus ?? (USER_ERRORS.has(body.type ?? '') ? 'INVALID_PROMPT' : 'SERVER_ERROR');
  if (code === 'INVALID_PROMPT') return { code, message: invalidMessage(body) };
  return code === 'SERVER_ERROR' ? { code, message: 'The backend had an error of its own.' } : { code };
}

/** The pause that was asked for: `retry-after-ms`, else `retry-after`, in milliseconds. */
function pauseOf(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  return Number.isFinite(ms) ? Math.max(0, ms) : parseRetryAfter(headers?.get('retry-after') ?? undefined, Date.now());
}

/** What the backend said: an HTTP refusal, or (status undefined) an error inside its stream. */
function fromAnswer(error: APIError, key: string | undefined): ProviderError {
  const status: number | undefined = error.status;
  const parsed = ErrorBody.safeParse(error.error);
  const body = parsed.success
    ? parsed.data
    : { message: '', code: '', type: undefined, param: undefined, categories: [] };
  // A refused key is quoted by some servers.
  const said = error.message.slice(0, 500).replaceAll(key ?? '\0', '…');
  const cause = new Error(
    `${status === undefined ? 'in the stream: ' : 'HTTP '}${said} [${error.requestID ?? 'no request id'}]`,
  );
  if (/out of memory/i.test(error.message))
    return new ProviderError('SERVER_ERROR', 'The backend ran out of memory.', { cause, retryable: false });
  const { code, message } = meaningOf(status, body);
  const options: ProviderErrorOptions = {
    cause,
    retryAfterMs: pauseOf(error.headers),
    mayStillRun: FATE_UNKNOWN.has(status ?? 0),
    // Every attempt may be billed.
    ...(code === 'SERVER_ERROR' && { retries: 1 }),
  };
  return new ProviderError(code, message, options);
}

/** What a thrown value means, by where it was thrown. `key` is kept out of causes. */
export function toOpenaiError(thrown: unknown, phase: Phase, key: string | undefined): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof APIConnectionTimeoutError || hasStalled(thrown)) {
    const message = 'The backend fell silent, or did not answer in time.';
    return new ProviderError('PROVIDER_TIMEOUT', message, { cause: thrown, mayStillRun: !wasNeverSent(thrown) });
  }
  const isAnswer = thrown instanceof APIError && (thrown.status !== undefined || thrown.error !== undefined);
  if (isAnswer) return fromAnswer(thrown, key);
  if (thrown instanceof SyntaxError) {
    const message = 'The backend answered with something that cannot be understood.';
    return new ProviderError('SERVER_ERROR', message, { cause: thrown, mayStillRun: true });
  }
  const options = { cause: thrown, mayStillRun: !wasNeverSent(thrown) };
  if (phase === 'stream') return streamEnded(thrown);
  return new ProviderError('NETWORK_DISCONNECTED', 'The connection to the backend was lost.', options);
}

/** A stream that was cut, or ended without its picture: there is nothing to resume, and the picture may still be made. */
export function streamEnded(cause?: unknown): ProviderError {
  const message = 'The backend’s stream broke off before the picture came.';
  return new ProviderError('STREAM_UNAVAILABLE', message, { cause, mayStillRun: true });
}

/** Throws: what came is no picture. It was made, and paid for, all the same. */
export function notAPicture(): never {
  const message = 'The backend sent something that is not a PNG, JPEG or WebP picture.';
  throw new ProviderError('SERVER_ERROR', message, { mayStillRun: true });
}
