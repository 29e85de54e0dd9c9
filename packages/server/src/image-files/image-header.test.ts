import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { TINY_JPEG, TINY_PNG } from '../testing/scripted-provider.ts';
import { readImageHeader } from './image-header.ts';

const plain = (width = 30, height = 20) => sharp({ create: { width, height, channels: 4, background: '#c408' } });
const png = await plain().png().toBuffer();
const jpeg = await plain().jpeg().toBuffer();
const lossy = await plain().removeAlpha().webp().toBuffer();
const lossless = await plain().removeAlpha().webp({ lossless: true }).toBuffer();
const extended = await plain().webp().toBuffer();
const progressive = await plain().jpeg({ progressive: true }).toBuffer();
const interlaced = await plain().png({ progressive: true }).toBuffer();
const palette = await plain().png({ palette: true }).toBuffer();
const rotated = await plain().greyscale().withMetadata({ orientation: 6 }).jpeg().toBuffer();
const gif = await plain().gif().toBuffer();
const tiff = await plain().tiff().toBuffer();
const avif = await plain(64, 64).avif().toBuffer();
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';

/** A copy with these bytes written over it at `at`. */
function patched(file: Uint8Array, at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(file);
  Buffer.from(bytes).copy(copy, at);
  return copy;
}

const kindOf = (webp: Buffer) => webp.toString('latin1', 12, 16);

describe('readImageHeader', () => {
  it.each([
    ['PNG', png, 'image/png'],
    ['interlaced PNG', interlaced, 'image/png'],
    ['palette PNG', palette, 'image/png'],
    ['JPEG', jpeg, 'image/jpeg'],
    ['progressive JPEG', progressive, 'image/jpeg'],
    ['grey JPEG with EXIF', rotated, 'image/jpeg'],
    ['lossy WebP', lossy, 'image/webp'],
    ['lossless WebP', lossless, 'image/webp'],
    ['extended WebP', extended, 'image/webp'],
  ])('reads type and size of a %s', (_what, file, type) => {
    expect(readImageHeader(file)).toEqual({ type, width: 30, height: 20 });
    expect(readImageHeader(Uint8Array.from([...file, 0, 0, 0]))).toEqual({ type, width: 30, height: 20 });
  });

  it('reads the smallest and the largest edges', async () => {
    expect(readImageHeader(TINY_PNG)).toEqual({ type: 'image/png', width: 1, height: 1 });
    expect(readImageHeader(TINY_JPEG)).toEqual({ type: 'image/jpeg', width: 1, height: 1 });
    expect([kindOf(lossy), kindOf(lossless), kindOf(extended)]).toEqual(['VP8 ', 'VP8L', 'VP8X']);
    const wide = (image: Sharp) => image.resize(16_383, 1, { fit: 'fill' });
    for (const file of [
      await wide(plain().removeAlpha()).webp().toBuffer(),
      await wide(plain().removeAlpha()).webp({ lossless: true }).toBuffer(),
      await wide(plain()).webp().toBuffer(),
      await wide(plain()).jpeg().toBuffer(),
    ])
      expect(readImageHeader(file)).toMatchObject({ width: 16_383, height: 1 });
  });

  it('reads a JPEG whose markers have fill bytes before them', () => {
    const filled = Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xff]), jpeg.subarray(2)]);
    expect(readImageHeader(filled)).toEqual({ type: 'image/jpeg', width: 30, height: 20 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(64)],
    ['text', Buffer.from('a letter, long enough to hold any header')],
    ['SVG', Buffer.from(SVG)],
    [
      'SVG with the last four bytes of a WebP signature',
      Buffer.from('<!--abcdWEBP--><svg width="9" height="9"></svg>'),
    ],
    ['GIF', gif],
    ['TIFF', tiff],
    ['AVIF', avif],
    ['PDF', Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj')],
    ['PPM', Buffer.from('P6 2 2 255\n012345678901 and more bytes than a header')],
    ['a PNG signature alone', png.subarray(0, 8)],
    ['a PNG signature in the wrong position', Buffer.concat([Buffer.alloc(4), png])],
    ['a PNG whose header chunk is cut', png.subarray(0, 32)],
    ['a PNG whose first chunk has another name', patched(png, 12, 0x49, 0x44, 0x41, 0x54)],
    ['a PNG whose header chunk has another length', patched(png, 11, 14)],
    ['a PNG whose header does not match its checksum', patched(png, 19, 31)],
    ['a PNG signature before SVG', Buffer.concat([png.subarray(0, 8), Buffer.from(SVG)])],
    ['the first three bytes of a JPEG', jpeg.subarray(0, 3)],
    ['a JPEG signature before SVG', Buffer.concat([jpeg.subarray(0, 3), Buffer.from(SVG)])],
    ['a JPEG whose first segment has no marker', patched(jpeg, 2, 0x00)],
    ['a JPEG that begins with its scan', patched(jpeg, 3, 0xda)],
    ['a JPEG that ends before its frame', jpeg.subarray(0, 20)],
    ['a JPEG of fill bytes', Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(100_000, 0xff), jpeg.subarray(2)])],
    ['a JPEG of 12 bits a sample', patched(jpeg, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 4, 12)],
    ['a JPEG of a lossless frame', patched(jpeg, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 1, 0xc3)],
    ['a JPEG of no height', patched(jpeg, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5, 0, 0)],
    ['a RIFF file of another kind', patched(lossy, 8, ...Buffer.from('WAVE'))],
    ['a WebP that is shorter than it says', lossy.subarray(0, lossy.length - 2)],
    ['a WebP whose first chunk is of another kind', patched(lossy, 12, ...Buffer.from('EXIF'))],
    ['a lossy WebP without the start code', patched(lossy, 23, 0)],
    ['a lossy WebP whose first frame is no key frame', patched(lossy, 20, 1)],
    ['a lossless WebP without its signature byte', patched(lossless, 20, 0)],
    ['a lossless WebP of another version', patched(lossless, 24, 0xff)],
  ])('refuses %s', (_what, file) => {
    expect(readImageHeader(file)).toBeUndefined();
  });

  it('never throws, and reads no other size from a file that is cut', () => {
    for (const file of [png, jpeg, progressive, lossy, lossless, extended])
      for (let length = 0; length < Math.min(file.length, 200); length++) {
        const header = readImageHeader(file.subarray(0, length));
        if (header !== undefined) expect(header).toMatchObject({ width: 30, height: 20 });
      }
  });
});
