import {
  APICallError,
  InvalidResponseDataError,
  JSONParseError,
  NoImageGeneratedError,
  RetryError,
  TypeValidationError,
} from 'ai';
import * as z from 'zod';
import { isProviderError, ProviderError } from '../../provider-error.ts';
import { isPrivateAddressError } from '../public-addresses.ts';
import { classifyRefusal, moderated, tellsModeration } from '../service-refusal.ts';
import { notAllowed, wasNeverSent } from '../upstream-http.ts';
import type { AiCall } from './ai-call.ts';

/** Where services put what is wrong. */
const RefusalBody = z.object({ error: z.unknown() });

function errorOf(body: string | undefined): unknown {
  try {
    return RefusalBody.parse(JSON.parse(body ?? '')).error;
  } catch {
    return undefined;
  }
}

/** The answer came, and is nothing the SDK's package knows. */
function isGarbage(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause)
    if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) return true;
  return false;
}

/** Luma's answer to a poll when it has given up. */
const FailedWork = z.object({ state: z.literal('failed'), failure_reason: z.string().nullish() });

/** The service's answer was well-formed, and not what the SDK's package waits for. */
function fromData(error: InvalidResponseDataError): ProviderError {
  const failed = FailedWork.safeParse(error.data).data;
  const reason = failed?.failure_reason ?? error.message.slice(0, 200);
  const cause = new Error(reason);
  if (tellsModeration(reason) || /moderation/i.test(failed?.failure_reason ?? '')) return moderated(cause);
  if (failed === undefined) return notUnderstood(cause);
  return new ProviderError('SERVER_ERROR', 'The backend could not make the picture.', { cause, retries: 1 });
}

/** A cause without the request, whose prompt belongs in no log. */
const causeOf = ({ message, statusCode, responseBody, cause }: APICallError): Error =>
  new Error(`${statusCode ?? 'no answer'}: ${message} ${responseBody?.slice(0, 500) ?? ''}`, { cause });

function fromCall(error: APICallError, call: AiCall, key: string | undefined): ProviderError {
  const { statusCode: status, responseHeaders, responseBody, message } = error;
  if (status === undefined || status < 400) {
    if (isGarbage(error)) return notUnderstood(causeOf(error));
    return disconnected(causeOf(error), error);
  }
  const text = `${message} ${responseBody ?? ''}`;
  const headers = new Headers(responseHeaders);
  const refused = classifyRefusal({ status, headers, error: errorOf(responseBody), text, key });
  if (call.submission !== 'accepted' || refused.mayStillRun) return refused;
  // Not the submission was refused, but a question about the work.
  const { code, retryable, cause } = refused;
  return new ProviderError(code, refused.message, { retryable, cause, mayStillRun: true });
}

function notUnderstood(cause: unknown): ProviderError {
  const message = 'The backend answered with something that cannot be understood.';
  return new ProviderError('SERVER_ERROR', message, { cause, mayStillRun: true });
}

function disconnected(cause: unknown, thrown: unknown): ProviderError {
  const message = 'The connection to the backend was lost.';
  return new ProviderError('NETWORK_DISCONNECTED', message, { cause, mayStillRun: !wasNeverSent(thrown) });
}

/** What the `fetch` of ours threw, which the SDK may have wrapped. */
function ownErrorIn(thrown: unknown): ProviderError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (isProviderError(error)) return error;
  return isPrivateAddressError(thrown) ? notAllowed(thrown) : undefined;
}

/** What a value thrown by the SDK means, with what `call` saw. By `isInstance`, since there are several copies of the SDK's classes. */
export function toAiError(thrown: unknown, call: AiCall, key: string | undefined): ProviderError {
  const own = ownErrorIn(thrown);
  if (own !== undefined) return own;
  if (RetryError.isInstance(thrown)) return toAiError(thrown.lastError, call, key);
  if (InvalidResponseDataError.isInstance(thrown)) return fromData(thrown);
  const text = String(thrown);
  if (call.isModerated || (!APICallError.isInstance(thrown) && tellsModeration(text)))
    return moderated(new Error(text));
  if (APICallError.isInstance(thrown)) return fromCall(thrown, call, key);
  if (NoImageGeneratedError.isInstance(thrown)) {
    const message = 'The backend made no picture. It may have refused the prompt: try another.';
    return new ProviderError('SERVER_ERROR', message, { retries: 0, cause: new Error(text) });
  }
  if (isGarbage(thrown)) return notUnderstood(new Error(text));
  if (/timed out/i.test(text))
    return new ProviderError('PROVIDER_TIMEOUT', 'The backend did not make the picture in time.', {
      cause: thrown,
      mayStillRun: call.submission === 'accepted',
    });
  if (call.submission === 'not sent')
    return new ProviderError('PROVIDER_REJECTED', 'This model cannot do what was asked for.', { cause: thrown });
  if (thrown instanceof TypeError || wasNeverSent(thrown)) return disconnected(thrown, thrown);
  const message = 'The backend could not make the picture.';
  return new ProviderError('SERVER_ERROR', message, { cause: thrown, mayStillRun: true });
}
