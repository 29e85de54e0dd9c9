import * as z from 'zod';
import { ProviderError, type ProviderErrorOptions } from '../../provider-error.ts';
import { parseRetryAfter, type RefusedAnswer } from '../upstream-http.ts';
import type { SdcppJob } from './sdcpp-wire.ts';

/** It names no time itself when its queue is full. */
const QUEUE_FULL_PAUSE_MS = 5_000;

const ErrorBody = z.object({ error: z.string() });

function wordsOf(text: string): string {
  try {
    return ErrorBody.parse(JSON.parse(text)).error;
  } catch {
    return text;
  }
}

/** Whether it is the server's word on a job's id, and not a server without that route. */
const isJobWord = (words: string) => /job (not found|expired)/i.test(words);

/** The server does not know the job (any more): it was restarted, or it is ten minutes since the job ended. */
export class JobGoneError extends ProviderError {}

/** What a refusal of sd-server means; undefined: what its status means everywhere. */
export function classifySdcppRefusal({ status, headers, text }: RefusedAnswer): ProviderError | undefined {
  const words = wordsOf(text);
  const options: ProviderErrorOptions = { cause: new Error(`HTTP ${status}: ${words.slice(0, 500)}`) };
  if (status === 400)
    return new ProviderError('INVALID_PROMPT', 'The sd-server refuses the request as invalid.', options);
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now()) ?? QUEUE_FULL_PAUSE_MS;
    return new ProviderError('PROVIDER_RATE_LIMIT', 'The queue of sd-server is full.', { ...options, retryAfterMs });
  }
  if (status === 404 && isJobWord(words))
    return new JobGoneError(
      'SERVER_ERROR',
      'The sd-server was restarted, and the picture it was making is lost.',
      options,
    );
  if (status === 410) {
    const message = 'The sd-server made the picture, but does not keep it any more.';
    return new JobGoneError('SERVER_ERROR', message, { ...options, mayStillRun: true });
  }
  if (status === 404) return tooOldError(words);
  if (status === 500) return new ProviderError('SERVER_ERROR', 'The sd-server failed.', { ...options, retries: 1 });
  return undefined;
}

/** A build without the native family of routes. */
function tooOldError(cause: unknown): ProviderError {
  const message = 'This build of sd-server has no jobs. A newer build of stable-diffusion.cpp is needed.';
  return new ProviderError('PROVIDER_REJECTED', message, { cause });
}

/** The loaded model makes something else, for example films. */
export function wrongModelError(): ProviderError {
  return new ProviderError('PROVIDER_REJECTED', 'The model that sd-server has loaded makes no pictures.');
}

/** What the end of a job that is no picture means. */
export function endedBadlyError({ status, error }: SdcppJob): ProviderError {
  const cause = new Error(`${status}: ${error?.code ?? ''} ${error?.message?.slice(0, 500) ?? ''}`);
  if (status === 'cancelled') {
    // They will have had a reason: whether to try again is for a person to say.
    const message = 'Somebody cancelled the picture at the sd-server.';
    return new ProviderError('SERVER_ERROR', message, { cause, retries: 0 });
  }
  if (/out of memory|failed to alloc/i.test(error?.message ?? '')) {
    const message = 'The sd-server ran out of memory. A smaller picture may fit.';
    return new ProviderError('SERVER_ERROR', message, { cause, retryable: false });
  }
  const message = 'The sd-server failed while it made the picture.';
  return new ProviderError('SERVER_ERROR', message, { cause, retries: 1 });
}

/** What it sent as a picture is none; it was made all the same. */
export function unreadablePictureError(): ProviderError {
  const message = 'The sd-server sent something that is not a PNG, JPEG or WebP picture.';
  return new ProviderError('SERVER_ERROR', message, { mayStillRun: true });
}

/** It could not be asked about a job any more, which may well be going on. */
export function stillRunningError(cause: ProviderError): ProviderError {
  return new ProviderError(cause.code, cause.message, { cause, retryable: cause.retryable, mayStillRun: true });
}
