import { crc32, deflateSync } from 'node:zlib';
import { LIMITS } from '@darkroom/protocol';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cleanPicture, cropToSquare, isPictureError, PictureError } from './picture-files.ts';

type Colour = 'red' | 'lime' | 'blue';

const plain = (width: number, height: number, background: Colour = 'red') =>
  sharp({ create: { width, height, channels: 3, background } });

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A PNG file that claims this size and holds a single row. */
function claiming(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1 + Math.ceil(width / 8)))),
    chunk('IEND', Buffer.alloc(0)),
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
    const { image, width, height } = await cleanPicture(bytes);
    expect([image.type, width, height]).toEqual(['image/png', 30, 20]);
    expect(await sharp(image.bytes).metadata()).toMatchObject({ format: 'png', width: 30, height: 20 });
  });

  it('fits an image within the longest edge that is kept, in its own proportions', async () => {
    const edge = LIMITS.uploadEdge;
    const { width, height } = await cleanPicture(
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
    const { image, width, height } = await cleanPicture(bytes);
    expect([width, height]).toEqual([20, 30]);
    expect((await sharp(image.bytes).metadata()).exif).toBeUndefined();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('a letter')],
    ['a script', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a signature in the wrong position', Buffer.from('....\x89PNG\r\n\x1a\n', 'latin1')],
    ['a signature alone', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ])('refuses %s as unreadable', async (_what, bytes) => {
    expect(await errorOf(cleanPicture(bytes))).toMatchObject({
      name: 'PictureError',
      reason: 'unreadable',
      message: 'the picture is unreadable',
    });
  });

  it('does not show a decoder what is of another format, though it could read it', async () => {
    const gif = await plain(9, 9).gif().toBuffer();
    const error = await errorOf(cleanPicture(gif));
    expect(error.reason).toBe('unreadable');
    expect(error).not.toHaveProperty('cause');
  });

  it('refuses a file that ends in the middle, and keeps the cause', async () => {
    const pixels = Buffer.from(Array.from({ length: 200 * 200 * 3 }, (_none, index) => (index * index) % 251));
    const whole = await sharp(pixels, { raw: { width: 200, height: 200, channels: 3 } })
      .jpeg()
      .toBuffer();
    const error = await errorOf(cleanPicture(whole.subarray(0, whole.length / 2)));
    expect(error).toMatchObject({ reason: 'unreadable', cause: expect.any(Error) });
  });

  it('refuses more pixels than are decoded before it decodes them', async () => {
    const width = 10_000;
    const height = LIMITS.uploadPixels / width;
    expect(await errorOf(cleanPicture(claiming(width, height + 1)))).toMatchObject({
      reason: 'too-large',
      message: 'the picture is too-large',
    });
    // As many as are decoded: it is read, and found to be broken.
    expect((await errorOf(cleanPicture(claiming(width, height)))).reason).toBe('unreadable');
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
    const { bytes, type } = await cropToSquare(bands, 40);
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
    expect((await errorOf(cropToSquare(Buffer.from('a letter'), 40))).reason).toBe('unreadable');
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
