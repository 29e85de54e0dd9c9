import { LIMITS } from '@darkroom/protocol';
import sharp, { type Sharp } from 'sharp';
import type { EncodedImage } from '../provider.ts';
import { Gate } from './gate.ts';

/** A file that is not taken: not a picture we read, broken, or more pixels than we decode. */
export class PictureError extends Error {
  readonly isPictureError = true;
  override readonly name = 'PictureError';
  readonly reason: 'unreadable' | 'too-large';

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

/** Pictures decoded at once: one of 50 megapixels takes 200 MB. */
const DECODERS = 2;

/** First bytes of what is taken. Anything else is not even shown to a decoder: some of them read other files, or scripts. */
const SIGNATURES: readonly (readonly [offset: number, bytes: string])[] = [
  [0, '\x89PNG\r\n\x1a\n'],
  [0, '\xff\xd8\xff'],
  [8, 'WEBP'],
];

function looksLikePicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return SIGNATURES.some(([offset, signature]) => head.startsWith(signature, offset));
}

const gate = new Gate(DECODERS);

async function toPng(bytes: Uint8Array, change: (image: Sharp) => Sharp): Promise<SizedImage> {
  if (!looksLikePicture(bytes)) throw new PictureError('unreadable');
  return gate.pass(async () => {
    try {
      const image = sharp(bytes, { limitInputPixels: LIMITS.uploadPixels, failOn: 'error' }).autoOrient();
      const { data, info } = await change(image).png().toBuffer({ resolveWithObject: true });
      return { image: { bytes: data, type: 'image/png' }, width: info.width, height: info.height };
    } catch (thrown) {
      const tooLarge = thrown instanceof Error && thrown.message.includes('pixel limit');
      throw new PictureError(tooLarge ? 'too-large' : 'unreadable', { cause: thrown });
    }
  });
}

/** A picture somebody sent, as PNG: upright, no larger than it may be kept, and without what else was in its file. Throws a `PictureError`. */
export function cleanPicture(bytes: Uint8Array): Promise<SizedImage> {
  const edge = LIMITS.uploadEdge;
  return toPng(bytes, (image) => image.resize(edge, edge, { fit: 'inside', withoutEnlargement: true }));
}

/** The middle of a picture as a square PNG of `size` pixels. Throws a `PictureError`. */
export async function cropToSquare(bytes: Uint8Array, size: number): Promise<EncodedImage> {
  return (await toPng(bytes, (image) => image.resize(size, size, { fit: 'cover' }))).image;
}
