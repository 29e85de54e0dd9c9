import { crc32 } from 'node:zlib';
import type { ImageType } from '../provider.ts';

/** What the header of an image file says. */
export interface ImageHeader {
  readonly type: ImageType;
  /** Pixels, before any orientation is applied. */
  readonly width: number;
  readonly height: number;
}

/**
 * Type and size of an image file, by its complete signature and its header; undefined if it is no PNG, JPEG or WebP file.
 * Nothing is decoded: the pixels may still be damaged.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readPng(file) ?? readJpeg(file) ?? readWebp(file);
  return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined;
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const IHDR_BYTES = 13;
const PNG_HEADER_BYTES = PNG_SIGNATURE.length + 8 + IHDR_BYTES + 4;
/** Allowed bit depths by colour type (PNG specification, table 11.1). */
const PNG_DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** The signature and a whole `IHDR` chunk with its checksum. */
function readPng(file: Buffer): ImageHeader | undefined {
  if (file.length < PNG_HEADER_BYTES || !PNG_SIGNATURE.equals(file.subarray(0, 8))) return undefined;
  if (file.readUInt32BE(8) !== IHDR_BYTES || file.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  if (crc32(file.subarray(12, 16 + IHDR_BYTES)) !== file.readUInt32BE(16 + IHDR_BYTES)) return undefined;
  const [depth = 0, colour = -1, compression, filter, interlace = 2] = file.subarray(24, 29);
  const isKnown = PNG_DEPTHS[colour]?.includes(depth) === true && compression === 0 && filter === 0 && interlace <= 1;
  if (!isKnown) return undefined;
  return { type: 'image/png', width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
}

/** Start of frame: baseline, extended sequential and progressive, the only ones that browsers show. */
const JPEG_FRAMES = new Set([0xc0, 0xc1, 0xc2]);
/** Segments that may come before the frame: tables (DHT, DQT, DRI), APPn and COM. */
const isJpegPrologue = (marker: number) =>
  marker === 0xc4 || marker === 0xdb || marker === 0xdd || marker === 0xfe || (marker >= 0xe0 && marker <= 0xef);

/** Segments and fill bytes that are passed over in search of the frame: a hostile file may have millions. */
const MAX_JPEG_STEPS = 2_000;

/** Start of image, then whole segments up to the start of frame. */
function readJpeg(file: Buffer): ImageHeader | undefined {
  if (file.length < 4 || file.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2, step = 0; at + 4 <= file.length && file[at] === 0xff && step < MAX_JPEG_STEPS; step++) {
    const marker = file.readUInt8(at + 1);
    if (marker === 0xff) {
      // A fill byte.
      at++;
      continue;
    }
    if (JPEG_FRAMES.has(marker)) return readJpegFrame(file.subarray(at + 2));
    if (!isJpegPrologue(marker)) return undefined;
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Length, precision, height, width, components. */
function readJpegFrame(frame: Buffer): ImageHeader | undefined {
  if (frame.length < 8) return undefined;
  const length = frame.readUInt16BE(0);
  const [precision, components = 0] = [frame[2], frame[7]];
  const isKnown = precision === 8 && (components === 1 || components === 3 || components === 4);
  if (!isKnown || length !== 8 + 3 * components || frame.length < length) return undefined;
  return { type: 'image/jpeg', width: frame.readUInt16BE(5), height: frame.readUInt16BE(3) };
}

const WEBP_DATA_AT = 20;

/** `RIFF`, a size that the file has, `WEBP`, and the header of one of the three kinds of a first chunk. */
function readWebp(file: Buffer): ImageHeader | undefined {
  const text = (from: number) => file.toString('latin1', from, from + 4);
  if (file.length < WEBP_DATA_AT || text(0) !== 'RIFF' || text(8) !== 'WEBP') return undefined;
  if (file.readUInt32LE(4) + 8 > file.length) return undefined;
  const size = readWebpSize(text(12), file.subarray(WEBP_DATA_AT, WEBP_DATA_AT + file.readUInt32LE(16)));
  return size && { type: 'image/webp', ...size };
}

function readWebpSize(kind: string, data: Buffer): Pick<ImageHeader, 'width' | 'height'> | undefined {
  // Lossy: a key frame's tag and start code, then 14 bits for each edge.
  if (kind === 'VP8 ' && data.length >= 10) {
    if ((data.readUInt8(0) & 1) !== 0 || data.readUIntBE(3, 3) !== 0x9d012a) return undefined;
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
  }
  // Lossless: a signature byte, 14 bits for each edge less one, an alpha bit, version 0.
  if (kind === 'VP8L' && data.length >= 5) {
    const bits = data.readUInt32LE(1);
    if (data[0] !== 0x2f || bits >>> 29 !== 0) return undefined;
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  // Extended: flags, then 24 bits for each edge of the canvas less one.
  if (kind === 'VP8X' && data.length >= 10)
    return { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 };
  return undefined;
}
