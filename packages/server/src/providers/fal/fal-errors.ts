import type { ErrorCode } from '@darkroom/protocol';
import { ProviderError, type ProviderErrorOptions } from '../../provider-error.ts';
import { WorkEnded, WorkLost } from '../hosted-work.ts';
import { classifyStatus, parseRetryAfter, type RefusedAnswer } from '../upstream-http.ts';
import { FalRefusal } from './fal-wire.ts';

interface Meaning extends Pick<ProviderErrorOptions, 'retries'> {
  readonly code: ErrorCode;
  readonly message: string;
}

const OUT_OF_ORDER: Meaning = { code: 'SERVER_ERROR', message: 'The model could not be run at fal.' };

/** What fal's own error types mean; other types of a 422 are about the input. Source: docs.fal.ai, “Errors” of models and requests. */
const TYPES: Readonly<Record<string, Meaning>> = {
  content_policy_violation: {
    code: 'PROVIDER_REJECTED',
    message: 'The model refuses to show this. Please edit the prompt.',
  },
  no_media_generated: { code: 'SERVER_ERROR', message: 'The model ended without a picture.', retries: 1 },
  downstream_service_error: { ...OUT_OF_ORDER, retries: 1 },
  client_disconnected: { code: 'NETWORK_DISCONNECTED', message: 'The work was given up at fal.' },
  client_cancelled: { code: 'NETWORK_DISCONNECTED', message: 'The work was cancelled at fal.' },
  generation_timeout: { code: 'PROVIDER_TIMEOUT', message: 'The model took too long.' },
  startup_timeout: { code: 'PROVIDER_TIMEOUT', message: 'The model took too long to start.' },
  request_timeout: { code: 'PROVIDER_TIMEOUT', message: 'The request waited too long at fal.' },
};

/** By status, where the type says nothing else. */
const STATUSES: Readonly<Record<number, Meaning>> = {
  401: { code: 'PROVIDER_REJECTED', message: 'The key is not accepted by fal.' },
  403: {
    code: 'PROVIDER_REJECTED',
    message: 'The account at fal is locked, has no credit, or may not use this model.',
  },
  404: { code: 'PROVIDER_REJECTED', message: 'The model is not known to fal.' },
  429: { code: 'PROVIDER_RATE_LIMIT', message: 'The account at fal is being throttled.' },
  499: { code: 'NETWORK_DISCONNECTED', message: 'The work was cancelled at fal.' },
};

interface ReadRefusal {
  readonly type: string | undefined;
  readonly fields: readonly string[];
  /** It was written by fal or the model, not by something in between. */
  readonly isFal: boolean;
}

function readRefusal({ text, headers }: RefusedAnswer): ReadRefusal {
  const header = headers['x-fal-error-type'];
  const body = FalRefusal.safeParse(parseJson(text)).data ?? {};
  const details = Array.isArray(body.detail) ? body.detail : [];
  const fields = details.map(({ loc }) => String(loc?.at(-1) ?? '')).filter((name) => /^[a-z]\w{0,40}$/i.test(name));
  const type = details[0]?.type ?? body.error_type ?? (typeof header === 'string' ? header : undefined);
  return { type, fields, isFal: type !== undefined || body.detail !== undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function meaningOf(answer: RefusedAnswer, { type, fields }: ReadRefusal): Meaning {
  const known = TYPES[type ?? ''] ?? STATUSES[answer.status];
  if (known !== undefined) return known;
  const { code } = classifyStatus(answer);
  if (code === 'INVALID_PROMPT') {
    const what = fields.length > 0 ? `: ${fields.slice(0, 5).join(', ')}` : '';
    return { code, message: `The model does not accept this input${what}.` };
  }
  if (code === 'PROVIDER_TIMEOUT') return { code, message: 'There was no answer from fal in time.' };
  return code === 'SERVER_ERROR' ? OUT_OF_ORDER : { code, message: 'The request is not accepted by fal.' };
}

function errorOptions({ status, headers, text }: RefusedAnswer, { retries }: Meaning): ProviderErrorOptions {
  return {
    // The time limit was ours (`X-Fal-Request-Timeout`): the next try would wait as long.
    ...(headers['x-fal-request-timeout-type'] === 'user' && { retryable: false }),
    ...(retries !== undefined && { retries }),
    ...(headers['x-fal-retryable'] === '0' && { retries: 0 }),
    retryAfterMs: parseRetryAfter(headers['retry-after'], Date.now()),
    cause: new Error(`HTTP ${status}: ${text.slice(0, 500)}`),
  };
}

/** What the refusal of a submission means. */
export function classifyFalRefusal(answer: RefusedAnswer): ProviderError {
  const refusal = readRefusal(answer);
  const meaning = meaningOf(answer, refusal);
  // An answer of something between us and fal: whether the request was queued, nobody knows.
  const isFateUnknown = !refusal.isFal && (answer.status === 408 || (answer.status >= 502 && answer.status !== 503));
  return new ProviderError(meaning.code, meaning.message, {
    ...errorOptions(answer, meaning),
    mayStillRun: isFateUnknown,
  });
}

/** What a refusal means when it is the state of a request that was asked for. */
export function classifyFalStatusRefusal(answer: RefusedAnswer): ProviderError {
  return answer.status === 404 ? lostRequest() : classifyFalRefusal(answer);
}

/** What a refusal means when it is a result that was asked for: the model's own failure, unless the network wrote it. */
export function classifyFalResultRefusal(answer: RefusedAnswer): ProviderError {
  const { status } = answer;
  if (status === 404) return lostRequest();
  const refusal = readRefusal(answer);
  if (!refusal.isFal || status === 401 || status === 429) return classifyFalRefusal(answer);
  const meaning = meaningOf(answer, refusal);
  return new WorkEnded(meaning.code, meaning.message, errorOptions(answer, meaning));
}

/** Its id is unknown, or its result was deleted after its time. */
export function lostRequest(): WorkLost {
  return new WorkLost('The picture is no longer kept at fal.');
}

/** The picture was made and blackened. */
export function blackenedPicture(): WorkEnded {
  return new WorkEnded('PROVIDER_REJECTED', 'The model hid its picture as unsafe. Please edit the prompt.');
}

export function emptyResult(): WorkEnded {
  return new WorkEnded('SERVER_ERROR', 'The model ended without a picture.', { retries: 1 });
}
