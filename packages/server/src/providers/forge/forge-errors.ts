import * as z from 'zod';
import { ProviderError, type ProviderErrorOptions } from '../../provider-error.ts';
import type { RefusedAnswer } from '../upstream-http.ts';

/** Forge has `message`, A1111 `errors`, both `detail` for what FastAPI refuses. */
const ErrorBody = z.object({
  error: z.string().nullish().catch(undefined),
  errors: z.string().nullish().catch(undefined),
  message: z.string().nullish().catch(undefined),
  detail: z.unknown(),
});

function readBody(text: string): { readonly error: string; readonly words: string } {
  try {
    const { error, errors, message, detail } = ErrorBody.parse(JSON.parse(text));
    const words = errors || message || (typeof detail === 'string' ? detail : JSON.stringify(detail ?? ''));
    return { error: error ?? '', words };
  } catch {
    return { error: '', words: text };
  }
}

const INPUT_IMAGE = /init image not found|invalid encoded image|requests? (not allowed|to local resource)/i;

/** What a refusal of Forge or A1111 means; undefined: what its status means everywhere. */
export function classifyForgeRefusal({ status, text }: RefusedAnswer): ProviderError | undefined {
  const { error, words } = readBody(text);
  const options: ProviderErrorOptions = { cause: new Error(`HTTP ${status} ${error}: ${words.slice(0, 500)}`) };
  const refused = (message: string) => new ProviderError('INVALID_PROMPT', message, options);
  if (status === 401)
    return new ProviderError('PROVIDER_REJECTED', 'Forge refuses the user name or password of its address.', options);
  if (INPUT_IMAGE.test(words)) return refused('Forge cannot read the input picture.');
  if (/sampler not found/i.test(words)) return refused('Forge does not know this sampler.');
  if (/model '.*' not found/is.test(words)) return refused('Forge does not have this model.');
  if (status === 404)
    return new ProviderError('PROVIDER_REJECTED', 'Forge does not offer its API. Start it with --api.', options);
  if (status === 400 || status === 422) return refused('Forge refuses the request as invalid.');
  if (error === 'OutOfMemoryError' || /out of memory/i.test(words)) {
    const message = 'Forge ran out of memory. A smaller picture may fit.';
    return new ProviderError('SERVER_ERROR', message, { ...options, retryable: false });
  }
  if (status === 500)
    return new ProviderError('SERVER_ERROR', 'Forge failed while it made the picture.', { ...options, retries: 1 });
  return undefined;
}

/** Its process began anew: what it was making is gone. */
export function restartedError(cause: unknown): ProviderError {
  return new ProviderError('SERVER_ERROR', 'Forge was restarted, and the picture it was making is lost.', { cause });
}

/** The connection that the picture would have come by broke; what was being made has been stopped. */
export function stoppedAfterLossError(cause: unknown): ProviderError {
  const message = 'The connection to Forge broke, and the picture could not be fetched any more.';
  return new ProviderError('NETWORK_DISCONNECTED', message, { cause });
}

/** It answered well, and without a picture. */
export function noPictureError(): ProviderError {
  // They will have had a reason: whether to try again is for a person to say.
  return new ProviderError('SERVER_ERROR', 'Somebody interrupted the picture at Forge.', { retries: 0 });
}

/** What it sent as a picture is none; it was made all the same. */
export function unreadablePictureError(): ProviderError {
  const message = 'Forge sent something that is not a PNG, JPEG or WebP picture.';
  return new ProviderError('SERVER_ERROR', message, { mayStillRun: true });
}
