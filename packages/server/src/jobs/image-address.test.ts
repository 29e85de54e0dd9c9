import { describe, expect, it } from 'vitest';
import type { ImageKey, ImageKind } from '../images.ts';
import type { EncodedImage } from '../provider.ts';
import { imageUrl, jobImageKey, PLACEHOLDER_URL, parseImageUrl, uploadKey } from './image-address.ts';

const ID = 'AZaz09_-AZaz09_-AZaz09';
const LONG_ID = `${ID}AZaz09_-`;
const DIGEST = '0123456789ab';

const keyOf = (kind: ImageKind, name = `1-${DIGEST}.png`): ImageKey => ({ ownerId: ID, kind, name });

describe('jobImageKey', () => {
  it.each<[EncodedImage['type'], string]>([
    ['image/jpeg', 'jpg'],
    ['image/png', 'png'],
    ['image/webp', 'webp'],
  ])('names a file of type %s by its number and the start of the SHA-256 of its bytes', (type, extension) => {
    const image = { bytes: Buffer.from('abc'), type };
    expect(jobImageKey(ID, 'frames', 12, image)).toEqual({
      ownerId: ID,
      kind: 'frames',
      name: `12-ba7816bf8f01.${extension}`,
    });
  });
});

describe('imageUrl and parseImageUrl', () => {
  it.each<[string, ImageKey]>([
    [`/api/jobs/${ID}/images/1-${DIGEST}.png`, keyOf('images')],
    [`/api/jobs/${ID}/frames/1-${DIGEST}.png`, keyOf('frames')],
    [`/api/jobs/${ID}/inputs/1-${DIGEST}.png`, keyOf('inputs')],
    [`/api/jobs/${ID}/images/123456789-${DIGEST}.jpg`, keyOf('images', `123456789-${DIGEST}.jpg`)],
    [`/api/jobs/${ID}/images/1-${DIGEST}.webp`, keyOf('images', `1-${DIGEST}.webp`)],
    [`/api/uploads/${ID}`, { ownerId: ID, kind: 'uploads', name: 'picture.png' }],
    [`/api/uploads/${LONG_ID}`, { ownerId: LONG_ID, kind: 'uploads', name: 'picture.png' }],
  ])('%s is the address of its key, both ways', (url, key) => {
    expect(imageUrl(key)).toBe(url);
    expect(parseImageUrl(url)).toEqual(key);
  });

  it('the placeholder has an address that is no stored image', () => {
    expect(PLACEHOLDER_URL).toMatch(/^\/api\/placeholders\/[\w-]+\.png$/);
    expect(parseImageUrl(PLACEHOLDER_URL)).toBeUndefined();
  });

  it('an upload is its own owner', () => {
    expect(uploadKey(ID)).toEqual(parseImageUrl(`/api/uploads/${ID}`));
  });

  it.each([
    '',
    '/api/placeholders/no-backend.png',
    `x/api/uploads/${ID}`,
    `/api/uploads/${ID}x`,
    `/api/uploads/${LONG_ID}x`,
    `/api/uploads/${LONG_ID.slice(1)}`,
    `/api/uploads/${ID}/x`,
    `/api/uploads/${ID.slice(1)}`,
    `/api/uploads/${ID.slice(1)}.`,
    `x/api/jobs/${ID}/images/1-${DIGEST}.png`,
    `/api/jobs/${ID}/images/1-${DIGEST}.pngx`,
    `/api/jobs/${ID.slice(1)}/images/1-${DIGEST}.png`,
    `/api/jobs/${ID.slice(1)}./images/1-${DIGEST}.png`,
    `/api/jobs/${ID}x/images/1-${DIGEST}.png`,
    `/api/jobs/${ID}/uploads/1-${DIGEST}.png`,
    `/api/jobs/${ID}/image/1-${DIGEST}.png`,
    `/api/jobs/${ID}/images/-${DIGEST}.png`,
    `/api/jobs/${ID}/images/x-${DIGEST}.png`,
    `/api/jobs/${ID}/images/1234567890-${DIGEST}.png`,
    `/api/jobs/${ID}/images/1-${DIGEST.slice(1)}.png`,
    `/api/jobs/${ID}/images/1-${DIGEST}0.png`,
    `/api/jobs/${ID}/images/1-g${DIGEST.slice(1)}.png`,
    `/api/jobs/${ID}/images/1-${DIGEST}.gif`,
    `/api/jobs/${ID}/images/1-${DIGEST}`,
    `/api/jobs/${ID}/images/../1-${DIGEST}.png`,
  ])('no address: "%s"', (url) => {
    expect(parseImageUrl(url)).toBeUndefined();
  });
});
