import { deflateSync } from 'node:zlib';
import { LIMITS } from '@darkroom/protocol';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { ImageDecoder } from '../image-files/image-decoder.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { pngChunk } from '../testing/png-chunk.ts';
import { cleanPicture, cropToSquare, isPictureError, PictureError } from './picture-files.ts';

type Colour = 'red' | 'lime' | 'blue';

const decoder = new ImageDecoder({ clock: new FakeClock() });
afterAll(() => decoder.close());

const clean = (bytes: Uint8Array) => cleanPicture(decoder, bytes);
const crop = (bytes: Uint8Array, size: number) => cropToSquare(decoder, bytes, size);

const plain = (width: number, height: number, background: Colour = 'red') =>
  sharp({ create: { width, height, channels: 3, background } });

/** A PNG file that claims this size and holds a single row. */
function claiming(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1 + Math.ceil(width / 8)))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** What is thrown, which must be a `PictureError`. */
async function errorOf(work: Promise<unknown>): Promise<PictureError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isPictureError(thrown)) throw new Error('it did not throw a PictureError', { cause: thrown });
  return thrown;
}

async function pixelAt(bytes: Uint8Array, left: number, top: number): Promise<number[]> {
  return [...(await sharp(bytes).extract({ left, top, width: 1, height: 1 }).removeAlpha().raw().toBuffer())];
}

describe('cleanPicture', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('turns a %s into a PNG of the same size', async (format) => {
    const bytes = await plain(30, 20).toFormat(format).toBuffer();
    const { image, width, height } = await clean(bytes);
    expect([image.type, width, height]).toEqual(['image/png', 30, 20]);
    expect(await sharp(image.bytes).metadata()).toMatchObject({ format: 'png', width: 30, height: 20 });
  });

  it('fits an image within the longest edge that is kept, in its own proportions', async () => {
    const edge = LIMITS.uploadEdge;
    const { width, height } = await clean(
      await plain(2 * edge, edge / 2)
        .jpeg()
        .toBuffer(),
    );
    expect([width, height]).toEqual([edge, edge / 4]);
  });

  it('turns an image upright, and drops what else is in the file', async () => {
    const bytes = await plain(30, 20)
      .withExif({ IFD0: { Copyright: 'Ada' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ orientation: 6, exif: expect.any(Buffer) });
    const { image, width, height } = await clean(bytes);
    expect([width, height]).toEqual([20, 30]);
    expect((await sharp(image.bytes).metadata()).exif).toBeUndefined();
  });

  it.each(['png', 'jpeg', 'webp'] as const)('drops profile, EXIF, XMP and texts of a %s', async (format) => {
    const secret = 'a secret note';
    const image = plain(30, 20)
      .withIccProfile('p3')
      .withExif({ IFD0: { Copyright: secret } })
      .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><note>${secret}</note></x:xmpmeta>`);
    const file = await image.toFormat(format).toBuffer();
    const texts = Array.from({ length: 1_000 }, () => pngChunk('tEXt', Buffer.from(`note\0${secret.repeat(100)}`)));
    const bytes = format === 'png' ? Buffer.concat([file.subarray(0, 33), ...texts, file.subarray(33)]) : file;
    expect(await sharp(file).metadata()).toMatchObject({ icc: expect.any(Buffer), exif: expect.any(Buffer) });
    const cleaned = await clean(bytes);
    const kept = await sharp(cleaned.image.bytes).metadata();
    for (const name of ['icc', 'exif', 'xmp', 'iptc', 'comments']) expect(kept).not.toHaveProperty(name);
    expect(Buffer.from(cleaned.image.bytes).includes('secret')).toBe(false);
  });

  it('takes the first frame of an animation alone', async () => {
    const frames = Buffer.concat([Buffer.alloc(30 * 20 * 3, 255), Buffer.alloc(30 * 20 * 3)]);
    const animated = await sharp(frames, { raw: { width: 30, height: 40, channels: 3, pageHeight: 20 } })
      .webp({ delay: [100, 100], lossless: true })
      .toBuffer();
    expect((await sharp(animated).metadata()).pages).toBe(2);
    const { image, width, height } = await clean(animated);
    expect([width, height]).toEqual([30, 20]);
    expect(await pixelAt(image.bytes, 3, 3)).toEqual([255, 255, 255]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('a letter')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    [
      'SVG with the last part of a WebP signature',
      Buffer.from('<!--abcdWEBP--><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['a signature in the wrong position', Buffer.from('....\x89PNG\r\n\x1a\n', 'latin1')],
    ['a signature alone', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ])('refuses %s as unreadable, and does not show it to a decoder', async (_what, bytes) => {
    const error = await errorOf(clean(bytes));
    expect(error).toMatchObject({
      name: 'PictureError',
      reason: 'unreadable',
      message: 'the picture is unreadable',
    });
    expect(error).not.toHaveProperty('cause');
  });

  it('refuses a file that ends in the middle, and keeps the cause', async () => {
    const pixels = Buffer.from(Array.from({ length: 200 * 200 * 3 }, (_none, index) => (index * index) % 251));
    const whole = await sharp(pixels, { raw: { width: 200, height: 200, channels: 3 } })
      .jpeg()
      .toBuffer();
    const error = await errorOf(clean(whole.subarray(0, whole.length / 2)));
    expect(error).toMatchObject({ reason: 'unreadable', cause: expect.any(Error) });
  });

  it('refuses more pixels than are decoded before it decodes them', async () => {
    const width = 10_000;
    const height = LIMITS.uploadPixels / width;
    expect(await errorOf(clean(claiming(width, height + 1)))).toMatchObject({
      reason: 'too-large',
      message: 'the picture is too-large',
    });
    expect(await errorOf(clean(claiming(width, height + 1)))).not.toHaveProperty('cause');
    // As many as are decoded: it is read, and found to be broken.
    expect((await errorOf(clean(claiming(width, height)))).reason).toBe('unreadable');
  });
});

describe('cropToSquare', () => {
  it('keeps the middle of an image, in the size asked for', async () => {
    const bands = await plain(60, 20, 'lime')
      .composite([
        { input: await plain(20, 20, 'red').png().toBuffer(), left: 0, top: 0 },
        { input: await plain(20, 20, 'blue').png().toBuffer(), left: 40, top: 0 },
      ])
      .png()
      .toBuffer();
    const { bytes, type } = await crop(bands, 40);
    expect(type).toBe('image/png');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 40, height: 40 });
    for (const [left, top] of [
      [3, 3],
      [36, 3],
      [3, 36],
      [36, 36],
    ] as const)
      expect(await pixelAt(bytes, left, top)).toEqual([0, 255, 0]);
  });

  it('refuses what is no image', async () => {
    expect((await errorOf(crop(Buffer.from('a letter'), 40))).reason).toBe('unreadable');
  });
});

describe('isPictureError', () => {
  it.each([
    [new PictureError('too-large'), true],
    // From another copy of the module.
    [Object.assign(new Error('x'), { isPictureError: true }), true],
    [Object.assign(new Error('x'), { isPictureError: false }), false],
    [new Error('x'), false],
    [{ isPictureError: true }, false],
    [undefined, false],
  ])('%o → %s', (thrown, expected) => {
    expect(isPictureError(thrown)).toBe(expected);
  });
});
