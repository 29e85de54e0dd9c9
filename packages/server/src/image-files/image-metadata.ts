import type { EncodedImage } from '../provider.ts';

/**
 * The same image without anything that its pixels do not need: texts, prompts, workflows, EXIF, XMP, comments, times,
 * fill bytes and bytes after its end. Pixels, colour profile and density stay as they are; nothing is encoded again.
 * Undefined if the file's structure is damaged, or has more than 100,000 chunks.
 */
export function withoutMetadata({ bytes, type }: EncodedImage): EncodedImage | undefined {
  const file = new CompactedFile(bytes);
  return STRIPPERS[type](file) ? { bytes: file.release(), type } : undefined;
}

/** Keeps what belongs to the image. False if the structure is damaged. */
type Stripper = (file: CompactedFile) => boolean;

const STRIPPERS: Readonly<Record<EncodedImage['type'], Stripper>> = {
  'image/png': keepPngChunks,
  'image/jpeg': keepJpegSegments,
  'image/webp': keepWebpChunks,
};

/**
 * Maximum number of chunks, or JPEG segments, of a file. Encoders write PNG data in chunks of 8 KiB and more, of which 64
 * MiB are 8,192; a hostile file has a chunk in every 4 to 12 bytes.
 */
const MAX_PARTS = 100_000;

/**
 * A copy of a file, in which the parts that are kept move forward over those that are not. It holds one buffer, however
 * many parts there are. What lies before the end of the last part that was kept can no longer be read.
 */
class CompactedFile {
  readonly bytes: Buffer<ArrayBuffer>;
  #length = 0;
  #parts = 0;

  constructor(source: Uint8Array) {
    this.bytes = Buffer.allocUnsafeSlow(source.byteLength);
    this.bytes.set(source);
  }

  /** Bytes that are kept so far. */
  get length(): number {
    return this.#length;
  }

  /** Counts a part, kept or not. False if there are too many. */
  count(): boolean {
    this.#parts += 1;
    return this.#parts <= MAX_PARTS;
  }

  /** Keeps these bytes, and returns where they are now. */
  keep(from: number, to: number): number {
    const at = this.#length;
    if (at !== from) this.bytes.copyWithin(at, from, to);
    this.#length += to - from;
    return at;
  }

  /** The parts that were kept, without memory for others. The copy is empty afterwards. */
  release(): Buffer {
    return Buffer.from(this.bytes.buffer.transfer(this.#length));
  }
}

/** The four letters of a chunk's name as the number that a reader of this byte order finds. */
const bigEndian = (name: string) => Buffer.from(name, 'latin1').readUInt32BE();
const littleEndian = (name: string) => Buffer.from(name, 'latin1').readUInt32LE();

const PNG_SIGNATURE_BYTES = 8;
/** What decides how pixels look, animations included. A list of what stays, since programs write chunks of their own. */
const PNG_CHUNKS = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT'.split(' ').map(bigEndian),
);
const IEND = bigEndian('IEND');

function keepPngChunks(file: CompactedFile): boolean {
  const { bytes } = file;
  file.keep(0, PNG_SIGNATURE_BYTES);
  for (let at = PNG_SIGNATURE_BYTES; at + 12 <= bytes.length && file.count(); ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    const name = bytes.readUInt32BE(at + 4);
    if (end > bytes.length) return false;
    if (PNG_CHUNKS.has(name)) file.keep(at, end);
    if (name === IEND) return true;
    at = end;
  }
  return false;
}

/** Segments without a length: TEM, RSTn. */
const isBareMarker = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;

/** Application segments that decide how pixels look: JFIF (density), a colour profile, Adobe's colour transform. */
const JPEG_APPLICATIONS = new Map([
  [0xe0, 'JFIF\0'],
  [0xe2, 'ICC_PROFILE\0'],
  [0xee, 'Adobe'],
]);

function isJpegMetadata(bytes: Buffer, at: number, end: number): boolean {
  const marker = bytes.readUInt8(at + 1);
  if (marker === COM) return true;
  if (marker < 0xe0 || marker > 0xef) return false;
  const name = JPEG_APPLICATIONS.get(marker);
  return name === undefined || bytes.toString('latin1', at + 4, Math.min(at + 4 + name.length, end)) !== name;
}

/** Where the coded data that begin at `from` end: at the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  // Byte by byte: a hostile file has a stuffed byte in every two, and a call of `indexOf` for each would take seconds.
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes.readUInt8(at + 1);
    if (next !== 0x00 && next !== 0xff && !isBareMarker(next)) return at;
  }
  return bytes.length;
}

/** Where the segment at `at` ends, with its coded data if it begins a scan; undefined if there is none. */
function endOfSegment(bytes: Buffer, at: number): number | undefined {
  const marker = bytes[at + 1];
  if (bytes[at] !== 0xff || marker === undefined) return undefined;
  if (marker === EOI || isBareMarker(marker)) return at + 2;
  const length = at + 4 <= bytes.length ? bytes.readUInt16BE(at + 2) : 0;
  const end = at + 2 + length;
  if (length < 2 || end > bytes.length) return undefined;
  return marker === SOS ? endOfScan(bytes, end) : end;
}

/** Any number of fill bytes (0xff) may come before a marker, whose own 0xff is the last of them. */
function skipFillBytes(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
  return at;
}

/** A file may end without its end marker, as browsers have it: the coded data are then all there is. */
function keepJpegSegments(file: CompactedFile): boolean {
  const { bytes } = file;
  file.keep(0, 2);
  for (let at = skipFillBytes(bytes, 2); file.count(); ) {
    const end = endOfSegment(bytes, at);
    if (end === undefined) return false;
    const marker = bytes.readUInt8(at + 1);
    if (!isJpegMetadata(bytes, at, end)) file.keep(at, end);
    if (marker === EOI || (marker === SOS && end === bytes.length)) return true;
    at = skipFillBytes(bytes, end);
  }
  return false;
}

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const FRAME_HEADER_BYTES = 16;
const VP8X = littleEndian('VP8X');
const ANMF = littleEndian('ANMF');
/** Minimum size of the chunks whose content is read, in bytes. */
const MIN_CHUNK_BYTES = new Map([
  [VP8X, 10],
  [ANMF, FRAME_HEADER_BYTES],
]);
/** Chunks of an image that stands still, or of one frame. */
const WEBP_IMAGE_CHUNKS = new Set(['VP8 ', 'VP8L', 'ALPH'].map(littleEndian));
const WEBP_CHUNKS = new Set([...WEBP_IMAGE_CHUNKS, VP8X, ANMF, ...['ANIM', 'ICCP'].map(littleEndian)]);
/** Bits of the flags of `VP8X` that say that there is EXIF and XMP. */
const EXIF_AND_XMP = 0b0000_1100;

function keepWebpChunks(file: CompactedFile): boolean {
  const { bytes } = file;
  const end = Math.min(CHUNK_HEADER_BYTES + bytes.readUInt32LE(4), bytes.length);
  file.keep(0, RIFF_HEADER_BYTES);
  const isWhole = forEachRiffChunk(file, RIFF_HEADER_BYTES, end, keepWebpChunk);
  if (isWhole) bytes.writeUInt32LE(file.length - CHUNK_HEADER_BYTES, 4);
  return isWhole;
}

/** False if the chunk is damaged. */
type RiffChunkVisitor = (file: CompactedFile, name: number, at: number, end: number) => boolean;

/** Whether there are whole chunks from `from` to `to`, and `visit` found each of them intact. */
function forEachRiffChunk(file: CompactedFile, from: number, to: number, visit: RiffChunkVisitor): boolean {
  const { bytes } = file;
  for (let at = from; at < to; ) {
    if (at + CHUNK_HEADER_BYTES > to || !file.count()) return false;
    const name = bytes.readUInt32LE(at);
    const size = bytes.readUInt32LE(at + 4);
    // Chunks of an odd size are followed by a byte that fills.
    const end = at + CHUNK_HEADER_BYTES + size + (size % 2);
    if (end > to || size < (MIN_CHUNK_BYTES.get(name) ?? 0) || !visit(file, name, at, end)) return false;
    at = end;
  }
  return true;
}

/** Keeps a chunk as it is, with other flags, or, a frame of an animation, with fewer chunks in it; or drops it. */
function keepWebpChunk(file: CompactedFile, name: number, at: number, end: number): boolean {
  if (name === ANMF) return keepWebpFrame(file, at, end);
  if (!WEBP_CHUNKS.has(name)) return true;
  const flagsAt = file.keep(at, end) + CHUNK_HEADER_BYTES;
  if (name === VP8X) file.bytes.writeUInt8(file.bytes.readUInt8(flagsAt) & ~EXIF_AND_XMP, flagsAt);
  return true;
}

function keepWebpFrame(file: CompactedFile, at: number, end: number): boolean {
  const chunksAt = at + CHUNK_HEADER_BYTES + FRAME_HEADER_BYTES;
  const frameAt = file.keep(at, chunksAt);
  // A frame has no frames in it.
  const isWhole = forEachRiffChunk(file, chunksAt, end, (_file, name, from, to) => {
    if (WEBP_IMAGE_CHUNKS.has(name)) file.keep(from, to);
    return name !== ANMF;
  });
  file.bytes.writeUInt32LE(file.length - frameAt - CHUNK_HEADER_BYTES, frameAt + 4);
  return isWhole;
}
