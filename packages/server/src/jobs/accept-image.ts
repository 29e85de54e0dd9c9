import type { ImageBounds } from '../image-files/image-bounds.ts';
import { readImageHeader } from '../image-files/image-header.ts';
import { withoutMetadata } from '../image-files/image-metadata.ts';
import type { EncodedImage } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';

export interface AcceptOptions {
  readonly bounds: ImageBounds;
  /** Whether the file keeps what the backend wrote beside the pixels: prompts, parameters, workflows. */
  readonly keepMetadata: boolean;
}

/** An image that a backend sent, as it is stored: its type is what its bytes say. Throws a `ProviderError` if it is none, or too large. */
export function acceptImage(sent: EncodedImage, { bounds, keepMetadata }: AcceptOptions): EncodedImage {
  const { bytes } = sent;
  if (bytes.byteLength > bounds.bytes) throw refused('is too large', `${bytes.byteLength} bytes`);
  const header = readImageHeader(bytes);
  if (header === undefined) throw refused('is not a PNG, JPEG or WebP image', `sent as ${sent.type}`);
  const { type, width, height } = header;
  if (width * height > bounds.pixels) throw refused('has too many pixels', `${width} × ${height}`);
  const image = keepMetadata ? { bytes, type } : withoutMetadata({ bytes, type });
  if (image === undefined) throw refused('is damaged', `${type}, ${bytes.byteLength} bytes`);
  return image;
}

/** It was made, and paid for, all the same: it is not made again without being asked for. */
function refused(what: string, detail: string): ProviderError {
  return new ProviderError('SERVER_ERROR', `The backend’s image ${what}.`, {
    mayStillRun: true,
    cause: new Error(detail),
  });
}
