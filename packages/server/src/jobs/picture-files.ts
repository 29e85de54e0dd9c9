import { LIMITS } from '@darkroom/protocol';
import type { Entrant } from '../gate.ts';
import type { ImageDecoder } from '../image-files/image-decoder.ts';
import { readImageHeader } from '../image-files/image-header.ts';
import type { EncodedImage } from '../provider.ts';

/**
 * A file that is not taken: not a picture we read, or broken; more pixels than we decode; or one that takes more time or
 * memory than any honest picture does.
 */
export class PictureError extends Error {
  readonly isPictureError = true;
  override readonly name = 'PictureError';
  readonly reason: 'unreadable' | 'too-large' | 'too-costly';

  constructor(reason: PictureError['reason'], options?: ErrorOptions) {
    super(`the picture is ${reason}`, options);
    this.reason = reason;
  }
}

/** By brand, so that it holds across copies of this module. */
export function isPictureError(thrown: unknown): thrown is PictureError {
  return thrown instanceof Error && 'isPictureError' in thrown && thrown.isPictureError === true;
}

export interface SizedImage {
  readonly image: EncodedImage;
  readonly width: number;
  readonly height: number;
}

type Shape = Pick<Parameters<ImageDecoder['decode']>[1], 'width' | 'height' | 'fit'>;

/** What its header shows to be no image, or too large, does not wait for a decoder. */
async function toPng(decoder: ImageDecoder, bytes: Uint8Array, shape: Shape, entrant?: Entrant): Promise<SizedImage> {
  const header = readImageHeader(bytes);
  const maxPixels = LIMITS.uploadPixels;
  if (header === undefined) throw new PictureError('unreadable');
  if (header.width * header.height > maxPixels) throw new PictureError('too-large');
  const decoded = await decoder.decode(bytes, { ...shape, maxPixels }, entrant);
  if (!decoded.ok) throw new PictureError(decoded.reason, { cause: new Error(decoded.detail) });
  const { png, width, height } = decoded;
  return { image: { bytes: png, type: 'image/png' }, width, height };
}

/**
 * A client's picture as PNG: upright, no larger than it may be kept, its first frame alone, and without what else
 * was in its file. Throws a `PictureError`, or the reason of the entrant's signal.
 */
export function cleanPicture(decoder: ImageDecoder, bytes: Uint8Array, entrant?: Entrant): Promise<SizedImage> {
  return toPng(decoder, bytes, { width: LIMITS.uploadEdge, height: LIMITS.uploadEdge, fit: 'inside' }, entrant);
}

/** The middle of a picture as a square PNG of `size` pixels. Throws a `PictureError`. */
export async function cropToSquare(
  decoder: ImageDecoder,
  bytes: Uint8Array,
  size: number,
  entrant?: Entrant,
): Promise<EncodedImage> {
  return (await toPng(decoder, bytes, { width: size, height: size, fit: 'cover' }, entrant)).image;
}
