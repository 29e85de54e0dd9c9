import type { EncodedImage } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { WorkEnded, WorkLost } from './hosted-work.ts';
import { recognizeImage } from './image-bytes.ts';
import type { RefusedAnswer, UpstreamHttp } from './upstream-http.ts';

/** How a result's picture is fetched. */
export interface PictureSource {
  readonly http: UpstreamHttp;
  /** The service's own address: pictures lie there, or anywhere behind https. */
  readonly base: URL;
  /** Sent along to the service's own address alone. */
  readonly headers?: Readonly<Record<string, string>>;
}

const DOWNLOAD_MS = 60_000;
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
  const url = URL.parse(address);
  const isOwn = url?.host === base.host;
  if (url === null || !(url.protocol === 'https:' || (isOwn && url.protocol === base.protocol)))
    throw new WorkEnded('SERVER_ERROR', 'The backend’s result lies at an address that is not allowed.', {
      retryable: false,
      cause: new Error(`result at ${address.slice(0, 100)}`),
    });
  return await http.bytes(url.href, {
    signal,
    timeoutMs: DOWNLOAD_MS,
    classify: missingPicture,
    ...(isOwn && headers !== undefined && { headers }),
  });
}

function missingPicture({ status }: RefusedAnswer): ProviderError {
  const cause = new Error(`HTTP ${status} for the result's picture`);
  if (status === 429 || status >= 500)
    return new ProviderError('SERVER_ERROR', 'The backend did not hand over its picture.', { cause });
  return new WorkLost('The backend no longer has this picture.', { cause });
}
