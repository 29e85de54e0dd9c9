import { ProviderError, type ProviderErrorOptions } from '../../provider-error.ts';
import { WorkEnded, WorkLost } from '../hosted-work.ts';
import { classifyStatus, parseRetryAfter, type RefusedAnswer } from '../upstream-http.ts';
import { type Prediction, Refusal } from './replicate-wire.ts';

/** Answers of something between us and Replicate: whether the prediction was created, nobody knows. */
const isFateUnknown = (status: number) => status === 408 || (status >= 502 && status !== 503);

function readRefusal(text: string): Partial<ReturnType<typeof Refusal.parse>> {
  try {
    return Refusal.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}

/** What a refused request means. Source: Replicate's HTTP API reference, “Errors”, and the client's issues 249 and 307. */
export function classifyReplicateRefusal(answer: RefusedAnswer): ProviderError {
  const { status, headers, text } = answer;
  const refusal = readRefusal(text);
  const cause = new Error(`HTTP ${status}: ${text.slice(0, 500)}`);
  const fail = (code: ProviderError['code'], message: string, options: ProviderErrorOptions = {}) =>
    new ProviderError(code, message, { ...options, cause });
  if (status === 401) return fail('PROVIDER_REJECTED', 'Replicate does not accept the API token.');
  if (status === 402) return fail('PROVIDER_REJECTED', 'The account at Replicate has no credit left.');
  if (status === 403 || status === 404)
    return fail('PROVIDER_REJECTED', 'Replicate does not know this model, or the token may not use it.');
  if (status === 422) {
    if (!isInvalidInput(refusal))
      return fail(
        'PROVIDER_REJECTED',
        'Replicate does not know this version of the model, or the token may not use it.',
      );
    const fields = refusal.invalid_fields?.map(({ field }) => field.replace(/^input\./, '')).filter(isFieldName) ?? [];
    const what = fields.length > 0 ? `: ${fields.slice(0, 5).join(', ')}` : '';
    return fail('INVALID_PROMPT', `The model does not accept this input${what}.`);
  }
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now()) ?? resetMs(refusal.detail);
    return fail('PROVIDER_RATE_LIMIT', 'Replicate is throttling this account.', { retryAfterMs });
  }
  const { code, retryable } = classifyStatus(answer);
  return fail(code, messageOf(code), { retryable, mayStillRun: isFateUnknown(status) });
}

const isFieldName = (text: string) => /^\w{1,40}$/.test(text);

function isInvalidInput({ title, invalid_fields }: ReturnType<typeof readRefusal>): boolean {
  return invalid_fields !== undefined || /input validation/i.test(title ?? '');
}

/** “Your rate limit resets in ~30s.” */
function resetMs(detail = ''): number | undefined {
  const seconds = /resets in ~?(\d+(?:\.\d+)?)\s*s/i.exec(detail)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function messageOf(code: ProviderError['code']): string {
  if (code === 'PROVIDER_TIMEOUT') return 'Replicate did not answer in time.';
  return code === 'INVALID_PROMPT'
    ? 'Replicate does not accept this request.'
    : 'Replicate is out of order at the moment.';
}

/** What a refusal means when it is a prediction that was asked about. */
export function classifyPredictionRefusal(answer: RefusedAnswer): ProviderError {
  return answer.status === 404 ? lostPrediction() : classifyReplicateRefusal(answer);
}

/** Its id is unknown, or its result was deleted an hour after its end. */
export function lostPrediction(): WorkLost {
  return new WorkLost('Replicate no longer has this picture.');
}

const UNSAFE = /nsfw|flagged|sensitive|safety|content policy|moderat/i;
/** Ends that another try may well avoid; the codes are those of Replicate's own runners (`E8765`, `E9243`, …). */
const PASSING = /out of memory|prediction interrupted|director|\(E\d{4}\)/i;

/** How a prediction ended that made no picture. */
export function failedPrediction({ status, error }: Pick<Prediction, 'status' | 'error'>): WorkEnded {
  const text = typeof error === 'string' ? error : JSON.stringify(error ?? '');
  const cause = new Error(`prediction ${status}: ${text.slice(0, 500)}`);
  if (status !== 'failed')
    return new WorkEnded('PROVIDER_TIMEOUT', 'Replicate ended the work before it was finished.', { cause });
  if (UNSAFE.test(text))
    return new WorkEnded('PROVIDER_REJECTED', 'The model refuses to show this. Please edit the prompt.', { cause });
  const retryable = PASSING.test(text);
  const message = /out of memory/i.test(text)
    ? 'The model ran out of memory.'
    : 'The model failed while it was running.';
  return new WorkEnded('SERVER_ERROR', message, { retryable, retries: 1, cause });
}

/** A prediction that succeeded without a picture. */
export function emptyPrediction(): WorkEnded {
  return new WorkEnded('SERVER_ERROR', 'The model ended without a picture.', { retryable: false });
}
