import type { EncodedImage } from '../provider.ts';

/**
 * The same image without anything that its pixels do not need: texts, prompts, workflows, EXIF, XMP, comments, times and
 * bytes after its end. Pixels, colour profile and density stay as they are; nothing is encoded again. Undefined if the
 * file's structure is damaged.
 */
export function withoutMetadata({ bytes, type }: EncodedImage): EncodedImage | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = STRIPPERS[type](file);
  return parts && { bytes: Buffer.concat(parts), type };
}

type Stripper = (file: Buffer) => Buffer[] | undefined;

const STRIPPERS: Readonly<Record<EncodedImage['type'], Stripper>> = {
  'image/png': keepPngChunks,
  'image/jpeg': keepJpegSegments,
  'image/webp': keepWebpChunks,
};

const PNG_SIGNATURE_BYTES = 8;
/** What decides how pixels look, animations included. A list of what stays, since programs write chunks of their own. */
const PNG_CHUNKS = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT'.split(' '),
);

function keepPngChunks(file: Buffer): Buffer[] | undefined {
  const parts = [file.subarray(0, PNG_SIGNATURE_BYTES)];
  for (let at = PNG_SIGNATURE_BYTES; at + 12 <= file.length; ) {
    const end = at + 12 + file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    if (end > file.length) return undefined;
    if (PNG_CHUNKS.has(name)) parts.push(file.subarray(at, end));
    if (name === 'IEND') return parts;
    at = end;
  }
  return undefined;
}

/** Segments without a length: TEM, RSTn. */
const isBareMarker = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;

/** Application segments that decide how pixels look: JFIF (density), a colour profile, Adobe's colour transform. */
const JPEG_APPLICATIONS: readonly (readonly [marker: number, name: string])[] = [
  [0xe0, 'JFIF\0'],
  [0xe2, 'ICC_PROFILE\0'],
  [0xee, 'Adobe'],
];

function isJpegMetadata(marker: number, segment: Buffer): boolean {
  if (marker === COM) return true;
  const isApplication = marker >= 0xe0 && marker <= 0xef;
  return (
    isApplication && !JPEG_APPLICATIONS.some(([of, name]) => marker === of && segment.indexOf(name, 4, 'latin1') === 4)
  );
}

/** Where the coded data that begin at `from` end: at the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1; at = file.indexOf(0xff, at + 1)) {
    const next = file[at + 1];
    if (next !== undefined && next !== 0x00 && next !== 0xff && !isBareMarker(next)) return at;
  }
  return file.length;
}

/** Where the segment at `at` ends, with its coded data if it begins a scan; undefined if there is none. */
function endOfSegment(file: Buffer, at: number): number | undefined {
  const marker = file[at + 1];
  if (file[at] !== 0xff || marker === undefined) return undefined;
  // A fill byte.
  if (marker === 0xff) return at + 1;
  if (marker === EOI || isBareMarker(marker)) return at + 2;
  const length = at + 4 <= file.length ? file.readUInt16BE(at + 2) : 0;
  const end = at + 2 + length;
  if (length < 2 || end > file.length) return undefined;
  return marker === SOS ? endOfScan(file, end) : end;
}

/** A file may end without its end marker, as browsers have it: the coded data are then all there is. */
function keepJpegSegments(file: Buffer): Buffer[] | undefined {
  const parts = [file.subarray(0, 2)];
  let at = 2;
  for (let end = endOfSegment(file, at); end !== undefined; end = endOfSegment(file, at)) {
    const marker = file.readUInt8(at + 1);
    const segment = file.subarray(at, end);
    if (!isJpegMetadata(marker, segment)) parts.push(segment);
    if (marker === EOI || (marker === SOS && end === file.length)) return parts;
    at = end;
  }
  return undefined;
}

const RIFF_HEADER_BYTES = 12;
const FRAME_HEADER_BYTES = 16;
/** Chunks whose content is looked into, and the bytes that they have at least. */
const MIN_CHUNK_BYTES: Readonly<Record<string, number>> = { VP8X: 10, ANMF: FRAME_HEADER_BYTES };
const WEBP_CHUNKS = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
/** Bits of the flags of `VP8X` that say that there is EXIF and XMP. */
const EXIF_AND_XMP = 0b0000_1100;

function keepWebpChunks(file: Buffer): Buffer[] | undefined {
  const chunks = keepRiffChunks(file.subarray(RIFF_HEADER_BYTES, 8 + file.readUInt32LE(4)));
  if (chunks === undefined) return undefined;
  const header = Buffer.from(file.subarray(0, RIFF_HEADER_BYTES));
  header.writeUInt32LE(
    chunks.reduce((sum, { length }) => sum + length, 4),
    4,
  );
  return [header, ...chunks];
}

function keepRiffChunks(chunks: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < chunks.length; ) {
    if (at + 8 > chunks.length) return undefined;
    const size = chunks.readUInt32LE(at + 4);
    // Chunks of an odd size are followed by a byte that fills.
    const end = at + 8 + size + (size % 2);
    if (end > chunks.length) return undefined;
    const kept = keepWebpChunk(chunks.toString('latin1', at, at + 4), chunks.subarray(at, end));
    if (kept === undefined) return undefined;
    parts.push(...kept);
    at = end;
  }
  return parts;
}

/** A chunk as it is kept: not at all, as it is, with other flags, or, a frame of an animation, with fewer chunks in it. */
function keepWebpChunk(name: string, chunk: Buffer): Buffer[] | undefined {
  if (!WEBP_CHUNKS.has(name)) return [];
  if (chunk.readUInt32LE(4) < (MIN_CHUNK_BYTES[name] ?? 0)) return undefined;
  if (name === 'VP8X') {
    const flags = Buffer.from(chunk);
    flags.writeUInt8(flags.readUInt8(8) & ~EXIF_AND_XMP, 8);
    return [flags];
  }
  if (name !== 'ANMF') return [chunk];
  const inner = keepRiffChunks(chunk.subarray(8 + FRAME_HEADER_BYTES, 8 + chunk.readUInt32LE(4)));
  if (inner === undefined) return undefined;
  const head = Buffer.from(chunk.subarray(0, 8 + FRAME_HEADER_BYTES));
  head.writeUInt32LE(
    inner.reduce((sum, { length }) => sum + length, FRAME_HEADER_BYTES),
    4,
  );
  return [head, ...inner];
}
