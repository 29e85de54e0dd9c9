import { APIConnectionTimeoutError, APIError } from 'openai';
import { ProviderError } from '../../provider-error.ts';
import { hasStalled } from '../long-fetch.ts';
import { classifyRefusal } from '../service-refusal.ts';
import { wasNeverSent } from '../upstream-http.ts';

/** Where a failure happened: before the answer's headers, or while its body was being read. */
export type Phase = 'request' | 'stream' | 'body';

/** What the backend said: an HTTP refusal, or (status undefined) an error inside its stream. */
function fromAnswer(error: APIError, key: string | undefined): ProviderError {
  const text = `${error.message} [${error.requestID ?? 'no request id'}]`;
  return classifyRefusal({ status: error.status, headers: error.headers, error: error.error, text, key });
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
