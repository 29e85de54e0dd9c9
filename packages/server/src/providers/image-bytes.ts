import type { EncodedImage, ImageType } from '../provider.ts';

/** What the files of each type begin with, as hexadecimal; `offset` bytes in. */
const SIGNATURES: readonly { readonly type: ImageType; readonly offset: number; readonly bytes: string }[] = [
  { type: 'image/png', offset: 0, bytes: '89504e470d0a1a0a' },
  { type: 'image/jpeg', offset: 0, bytes: 'ffd8ff' },
  { type: 'image/webp', offset: 8, bytes: '57454250' },
];

/** The picture in these bytes, its type read from their first ones, since backends mislabel; undefined if it is none of ours. */
export function recognizeImage(bytes: Uint8Array): EncodedImage | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('hex');
  const found = SIGNATURES.find((signature) => head.startsWith(signature.bytes, signature.offset * 2));
  return found && { bytes, type: found.type };
}

/** The picture in base64, with or without `data:…;base64,` before it; undefined if there is none. */
export function imageFromBase64(text: string): EncodedImage | undefined {
  return recognizeImage(Buffer.from(text.slice(text.indexOf(',') + 1), 'base64'));
}
