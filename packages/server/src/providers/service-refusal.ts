import type { ErrorCode } from '@darkroom/protocol';
import * as z from 'zod';
import { ProviderError } from '../provider-error.ts';
import { classifyStatus, parseRetryAfter } from './upstream-http.ts';

/** A hosted service's refusal, in the words of OpenAI's API, which many speak. */
export interface ServiceRefusal {
  /** Undefined: an error inside a stream. */
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  /** Value of the body's `error`: an object, a string, or nothing known. */
  readonly error: unknown;
  /** All that was said; for the server's log, and looked through where no code tells. */
  readonly text: string;
  /** Kept out of the log: some services quote a key they refuse. */
  readonly key: string | undefined;
}

/** `error` of a refusal or of a stream's event; servers other than OpenAI's say a mere string. */
const ErrorBody = z.union([
  z.string().transform((text) => ({ message: text, code: text, type: undefined, param: undefined, categories: [] })),
  z
    .object({
      message: z.string().nullish(),
      code: z.union([z.string(), z.number()]).nullish(),
      type: z.string().nullish(),
      param: z.string().nullish(),
      moderation_details: z.object({ categories: z.array(z.string()).nullish() }).nullish(),
    })
    .transform(({ message, code, type, param, moderation_details }) => ({
      message: message ?? '',
      code: String(code ?? ''),
      type: type ?? undefined,
      param: param ?? undefined,
      categories: moderation_details?.categories ?? [],
    })),
]);
type ErrorBody = z.infer<typeof ErrorBody>;

const SILENT: ErrorBody = { message: '', code: '', type: undefined, param: undefined, categories: [] };

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

/** What services say of moderation without a code of OpenAI's. */
const SAYS_MODERATED = /safety system|safety_violations|content[ _-]?polic|\bmoderated\b|nsfw|usage guidelines/i;
/** Google answers a wrong key with 400. */
const SAYS_BAD_KEY = /API_KEY_INVALID/;

/** The pause that was asked for: `retry-after-ms`, else `retry-after`, in milliseconds. */
function pauseOf(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  return Number.isFinite(ms) ? Math.max(0, ms) : parseRetryAfter(headers?.get('retry-after') ?? undefined, Date.now());
}

function meaningOfText(text: string): Meaning | undefined {
  if (SAYS_MODERATED.test(text)) return { code: 'PROVIDER_REJECTED', message: MODERATED };
  return SAYS_BAD_KEY.test(text) ? BAD_KEY : undefined;
}

/** The error of a service's moderation, however it was told. */
export const moderated = (cause?: unknown): ProviderError =>
  new ProviderError('PROVIDER_REJECTED', MODERATED, { cause });

/** Whether a text tells of moderation. */
export const tellsModeration = (text: string): boolean => SAYS_MODERATED.test(text);

/** What a refusal means: by its code, then by what it says, then by its status. */
export function classifyRefusal({ status, headers, error, text, key }: ServiceRefusal): ProviderError {
  const body = ErrorBody.safeParse(error).data ?? SILENT;
  const said = text.slice(0, 500).replaceAll(key ?? '\0', '…');
  const cause = new Error(`${status === undefined ? 'in the stream' : `HTTP ${status}`}: ${said}`);
  if (/out of memory/i.test(text))
    return new ProviderError('SERVER_ERROR', 'The backend ran out of memory.', { cause, retryable: false });
  const isOurs = status !== undefined && status >= 400 && status < 500 && status !== 429;
  const { code, message } =
    BY_CODE.has(body.code) || !isOurs ? meaningOf(status, body) : (meaningOfText(text) ?? meaningOf(status, body));
  return new ProviderError(code, message, {
    cause,
    retryAfterMs: pauseOf(headers),
    mayStillRun: FATE_UNKNOWN.has(status ?? 0),
    // Every attempt may be billed.
    ...(code === 'SERVER_ERROR' && { retries: 1 }),
  });
}

/** What came as the finished picture is none. It was made, and paid for, all the same. */
export function notAPicture(): ProviderError {
  const message = 'The backend sent something that is not a PNG, JPEG or WebP picture.';
  return new ProviderError('SERVER_ERROR', message, { mayStillRun: true });
}
