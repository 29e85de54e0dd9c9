import { readImageHeader } from '../image-files/image-header.ts';
import type { EncodedImage } from '../provider.ts';

/** The picture in these bytes, its type by its complete signature, since backends mislabel; undefined if it is none of ours. */
export function recognizeImage(bytes: Uint8Array): EncodedImage | undefined {
  const header = readImageHeader(bytes);
  return header && { bytes, type: header.type };
}

/** The picture in base64, with or without `data:…;base64,` before it; undefined if there is none. */
export function imageFromBase64(text: string): EncodedImage | undefined {
  return recognizeImage(Buffer.from(text.slice(text.indexOf(',') + 1), 'base64'));
}
