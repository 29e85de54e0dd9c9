import { createStudio, readPngText, withPngText } from '@darkroom/painter';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { EncodedImage, ImageType } from '../provider.ts';
import { pngChunk } from '../testing/png-chunk.ts';
import { TINY_JPEG, TINY_PNG } from '../testing/scripted-provider.ts';
import { readImageHeader } from './image-header.ts';
import { withoutMetadata } from './image-metadata.ts';

/** What a backend might write into a file, in a form that no encoder of pixels produces. */
const SECRET = 'a secret prompt, seed 4711, C:\\workflows\\private.json';
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>${SECRET}</rdf:Description></rdf:RDF></x:xmpmeta>`;
const PNG_SIGNATURE_BYTES = 8;

/** An image with a profile, EXIF and XMP, whose pixels differ. */
const rich = (channels: 3 | 4 = 3) => {
  const pixels = Buffer.from(Array.from({ length: 40 * 30 * channels }, (_none, index) => (index * index) % 251));
  return sharp(pixels, { raw: { width: 40, height: 30, channels } })
    .withIccProfile('p3')
    .withExifMerge({ IFD0: { ImageDescription: SECRET } })
    .withXmp(XMP);
};

/** Chunks before the end of a PNG. */
const withChunks = (png: Buffer, ...chunks: Buffer[]) =>
  Buffer.concat([png.subarray(0, png.length - 12), ...chunks, png.subarray(png.length - 12)]);

const jpegSegment = (marker: number, data: string) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, Buffer.from(data, 'latin1')]);
};

const riffChunk = (name: string, data: Buffer) => {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
};

/** A WebP file with chunks after its own. */
const withRiffChunks = (webp: Buffer, ...chunks: Buffer[]) => {
  const file = Buffer.concat([webp, ...chunks]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
};

const png = await rich(4).png().toBuffer();
const jpeg = await rich().jpeg().toBuffer();
const progressive = await rich().jpeg({ progressive: true }).toBuffer();
const lossy = await rich(4).webp().toBuffer();
const lossless = await rich().webp({ lossless: true }).toBuffer();
const frames = Buffer.from(Array.from({ length: 40 * 60 * 4 }, (_none, index) => (index * index) % 241));
const animated = await sharp(frames, { raw: { width: 40, height: 60, channels: 4, pageHeight: 30 } })
  .withXmp(XMP)
  .webp({ loop: 0, delay: [100, 100] })
  .toBuffer();

const FILES: readonly (readonly [string, ImageType, Buffer])[] = [
  ['PNG with EXIF and XMP', 'image/png', png],
  ['PNG with texts', 'image/png', Buffer.from(withPngText(png, { parameters: SECRET, prompt: `${SECRET} „ü“` }))],
  [
    'PNG with chunks of other programs',
    'image/png',
    withChunks(png, ...['tIME', 'zTXt', 'prVt', 'caBX', 'sPLT'].map((name) => pngChunk(name, Buffer.from(SECRET)))),
  ],
  ['PNG with a workflow after its end', 'image/png', Buffer.concat([png, Buffer.from(SECRET)])],
  ['JPEG', 'image/jpeg', jpeg],
  ['progressive JPEG', 'image/jpeg', progressive],
  [
    'JPEG with comments',
    'image/jpeg',
    Buffer.concat([jpeg.subarray(0, 2), jpegSegment(0xfe, SECRET), jpeg.subarray(2)]),
  ],
  [
    'progressive JPEG with a comment between its scans',
    'image/jpeg',
    Buffer.concat([
      progressive.subarray(0, progressive.lastIndexOf(Buffer.from([0xff, 0xda]))),
      jpegSegment(0xfe, SECRET),
      progressive.subarray(progressive.lastIndexOf(Buffer.from([0xff, 0xda]))),
    ]),
  ],
  [
    'JPEG with application segments of other names',
    'image/jpeg',
    Buffer.concat([
      jpeg.subarray(0, 2),
      jpegSegment(0xe0, `JFXX\0${SECRET}`),
      jpegSegment(0xe2, `MPF\0${SECRET}`),
      jpegSegment(0xed, `Photoshop 3.0\0${SECRET}`),
      jpeg.subarray(2),
    ]),
  ],
  ['JPEG with a workflow after its end', 'image/jpeg', Buffer.concat([jpeg, Buffer.from(SECRET)])],
  ['lossy WebP', 'image/webp', lossy],
  ['lossless WebP', 'image/webp', lossless],
  ['WebP with chunks of other programs', 'image/webp', withRiffChunks(lossy, riffChunk('prVt', Buffer.from(SECRET)))],
  ['WebP with a workflow after its end', 'image/webp', Buffer.concat([lossy, Buffer.from(SECRET)])],
  ['animated WebP', 'image/webp', animated],
];

function strip(bytes: Uint8Array, type: ImageType): EncodedImage {
  const stripped = withoutMetadata({ bytes, type });
  if (stripped === undefined) throw new Error('the file counts as damaged');
  return stripped;
}

const pixelsOf = (bytes: Uint8Array) => sharp(bytes, { animated: true }).raw().toBuffer();

describe('withoutMetadata', () => {
  it.each(FILES)(
    'removes the metadata of a %s, and neither a pixel nor the colour profile',
    async (_what, type, file) => {
      const { bytes } = strip(file, type);
      expect(Buffer.from(bytes).includes('secret')).toBe(false);
      expect(readImageHeader(bytes)).toEqual(readImageHeader(file));
      expect(await pixelsOf(bytes)).toEqual(await pixelsOf(file));
      const [before, after] = [await sharp(file).metadata(), await sharp(bytes).metadata()];
      expect(after.icc).toEqual(before.icc);
      expect(after).not.toHaveProperty('exif');
      expect(after).not.toHaveProperty('xmp');
      expect(after).not.toHaveProperty('comments');
      expect([after.hasAlpha, after.pages]).toEqual([before.hasAlpha, before.pages]);
      expect(strip(bytes, type).bytes).toEqual(bytes);
    },
  );

  it('is tested with files that hold what is to be removed', async () => {
    for (const [what, , file] of FILES) {
      const { exif, xmp } = await sharp(file).metadata();
      const isRich = what.startsWith('animated') || (exif !== undefined && xmp !== undefined);
      expect([what, isRich, exif?.includes('secret') ?? false]).toEqual([what, true, exif !== undefined]);
    }
    expect((await sharp(lossy).metadata()).icc).toBeDefined();
    expect((await sharp(animated).metadata()).pages).toBe(2);
  });

  it('removes the parameters that the painter writes', async () => {
    const studio = createStudio(1);
    const painting = await studio.open({ prompt: SECRET, seed: 3, size: 512 });
    const image = await painting.picture({ parameters: SECRET });
    painting.drop();
    await studio.close();
    expect(readPngText(image)).toEqual({ parameters: SECRET });
    const { bytes } = strip(image, 'image/png');
    expect(readPngText(bytes)).toEqual({});
    expect(await pixelsOf(bytes)).toEqual(await pixelsOf(image));
  });

  it('removes the chunks inside the frames of an animation', async () => {
    const at = animated.indexOf('ANMF');
    const end = at + 8 + animated.readUInt32LE(at + 4);
    const frame = Buffer.concat([animated.subarray(at + 8, end), riffChunk('prVt', Buffer.from(SECRET))]);
    const file = Buffer.concat([animated.subarray(0, at), riffChunk('ANMF', frame), animated.subarray(end)]);
    file.writeUInt32LE(file.length - 8, 4);
    expect(file.includes('secret')).toBe(true);
    expect(strip(file, 'image/webp').bytes).toEqual(strip(animated, 'image/webp').bytes);
  });

  it('keeps the density of an image, and the end of a JPEG that has no end marker', () => {
    expect(TINY_JPEG.subarray(-2).toString('hex')).not.toBe('ffd9');
    expect(strip(TINY_JPEG, 'image/jpeg').bytes).toEqual(TINY_JPEG);
    expect(strip(TINY_PNG, 'image/png').bytes).toEqual(TINY_PNG);
  });

  it('removes fill bytes before the segments of a JPEG', () => {
    const fill = Buffer.alloc(1024 * 1024, 0xff);
    const table = jpegSegment(0xdb, 'table');
    const [start, end] = [jpeg.subarray(0, 2), jpeg.subarray(2)];
    const plain = strip(Buffer.concat([start, table, end]), 'image/jpeg').bytes;
    expect(strip(Buffer.concat([start, fill, table, fill, end]), 'image/jpeg').bytes).toEqual(plain);
    expect(
      strip(Buffer.concat([start, fill, jpegSegment(0xfe, SECRET), fill, table, end]), 'image/jpeg').bytes,
    ).toEqual(plain);
  });

  it('keeps no memory for what it has removed', () => {
    for (const [, type, file] of FILES) {
      const { bytes } = strip(file, type);
      expect(bytes.buffer.byteLength).toBe(bytes.length);
    }
  });

  const idat = pngChunk('IDAT', Buffer.alloc(0));
  const table = jpegSegment(0xdb, '');
  const alpha = riffChunk('ALPH', Buffer.alloc(0));
  const comment = jpegSegment(0xfe, '');
  const inJpeg = (segments: Buffer) => Buffer.concat([jpeg.subarray(0, 2), segments, jpeg.subarray(2)]);
  const inWebp = (chunks: Buffer) => withRiffChunks(lossy, chunks);
  const inFrame = (chunks: Buffer) =>
    withRiffChunks(animated, riffChunk('ANMF', Buffer.concat([Buffer.alloc(16), chunks])));
  const many = (part: Buffer, count: number) => Buffer.alloc(part.length * count, part);

  it.each([
    ['PNG', 'image/png', (count: number) => withChunks(png, many(idat, count))],
    ['JPEG', 'image/jpeg', (count: number) => inJpeg(many(table, count))],
    ['WebP', 'image/webp', (count: number) => inWebp(many(alpha, count))],
    ['animated WebP', 'image/webp', (count: number) => inFrame(many(alpha, count))],
  ] as const)('takes a file of more chunks than any encoder writes as damaged: %s', (_what, type, file) => {
    const { bytes } = strip(file(90_000), type);
    expect(bytes.length).toBe(strip(file(1), type).bytes.length + (file(90_000).length - file(1).length));
    expect(withoutMetadata({ bytes: file(100_001), type })).toBeUndefined();
  });

  it('counts chunks that it removes', () => {
    expect(strip(inJpeg(many(comment, 90_000)), 'image/jpeg').bytes).toEqual(strip(jpeg, 'image/jpeg').bytes);
    expect(withoutMetadata({ bytes: inJpeg(many(comment, 100_001)), type: 'image/jpeg' })).toBeUndefined();
  });

  it('takes a frame inside a frame as damaged, at any depth', () => {
    const frame = riffChunk('ANMF', Buffer.alloc(16));
    expect(strip(inFrame(Buffer.alloc(0)), 'image/webp').bytes).toEqual(
      withRiffChunks(Buffer.from(strip(animated, 'image/webp').bytes), frame),
    );
    expect(withoutMetadata({ bytes: inFrame(frame), type: 'image/webp' })).toBeUndefined();
    const [depth, headBytes] = [20_000, 24];
    const nested = Buffer.alloc(depth * headBytes);
    for (let at = 0; at < nested.length; at += headBytes) {
      nested.write('ANMF', at, 'latin1');
      nested.writeUInt32LE(nested.length - at - 8, at + 4);
    }
    expect(withoutMetadata({ bytes: withRiffChunks(animated, nested), type: 'image/webp' })).toBeUndefined();
  });

  it.each([
    ['PNG', 'image/png', png, PNG_SIGNATURE_BYTES],
    ['JPEG', 'image/jpeg', jpeg, 4],
    ['WebP', 'image/webp', lossy, 16],
  ] as const)('knows a damaged %s from a whole one, and never throws', (_what, type, file, from) => {
    expect(withoutMetadata({ bytes: file.subarray(0, from), type })).toBeUndefined();
    for (let at = from; at < file.length; at += 3) {
      const copy = Buffer.from(file);
      copy[at] = 0xff - (copy[at] ?? 0);
      withoutMetadata({ bytes: copy, type });
      withoutMetadata({ bytes: file.subarray(0, at), type });
    }
    expect(withoutMetadata({ bytes: png.subarray(0, png.length - 12), type: 'image/png' })).toBeUndefined();
    expect(withoutMetadata({ bytes: jpeg.subarray(0, 40), type: 'image/jpeg' })).toBeUndefined();
  });
});
