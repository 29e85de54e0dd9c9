import { RESULT_BOUNDS } from '../image-files/image-bounds.ts';
import type { EncodedImage } from '../provider.ts';
import { isProviderError, ProviderError } from '../provider-error.ts';
import { WorkEnded, WorkLost } from './hosted-work.ts';
import { recognizeImage } from './image-bytes.ts';
import { nextHop } from './result-address.ts';
import { notAllowed, type RefusedAnswer, type UpstreamHttp } from './upstream-http.ts';

/** How a result's picture is fetched. */
export interface PictureSource {
  readonly http: UpstreamHttp;
  /** The service's own address. Pictures lie there or, at an address no less safe, anywhere on the public internet. */
  readonly base: URL;
  /** Sent along to the service's own address alone. */
  readonly headers?: Readonly<Record<string, string>>;
}

const DOWNLOAD_MS = 60_000;
const MAX_REDIRECTS = 3;
const DATA_URL = /^data:[^,]*;base64,/;

/** The picture at an address that a result named, `data:` URLs included; its type is read from its bytes. */
export async function fetchPicture(address: string, source: PictureSource, signal: AbortSignal): Promise<EncodedImage> {
  const bytes = DATA_URL.test(address)
    ? Buffer.from(address.slice(address.indexOf(',') + 1), 'base64')
    : await download(address, source, signal);
  const picture = recognizeImage(bytes);
  if (picture === undefined)
    throw new WorkEnded('SERVER_ERROR', 'The backend’s result is no JPEG, PNG or WebP picture.', { retryable: false });
  return picture;
}

async function download(address: string, { http, base, headers }: PictureSource, signal: AbortSignal) {
  const hop = nextHop({ url: base, isOwn: true }, address);
  if (hop === undefined) throw ended(notAllowed(new Error(`result at ${address.slice(0, 200)}`)));
  try {
    return await http.bytes(hop.url.href, {
      signal,
      timeoutMs: DOWNLOAD_MS,
      maxBytes: RESULT_BOUNDS.bytes,
      maxRedirects: MAX_REDIRECTS,
      classify: missingPicture,
      ...(headers !== undefined && { headers }),
    });
  } catch (thrown) {
    // Another try would be led to the same place.
    throw isProviderError(thrown) && !thrown.retryable && !(thrown instanceof WorkEnded) ? ended(thrown) : thrown;
  }
}

const ended = ({ code, message, cause }: ProviderError) => new WorkEnded(code, message, { retryable: false, cause });

function missingPicture({ status }: RefusedAnswer): ProviderError {
  const cause = new Error(`HTTP ${status} for the result's picture`);
  if (status < 400) return ended(notAllowed(cause));
  if (status === 429 || status >= 500)
    return new ProviderError('SERVER_ERROR', 'The backend did not hand over its picture.', { cause });
  return new WorkLost('The backend no longer has this picture.', { cause });
}
