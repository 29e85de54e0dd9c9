const segment = (marker: number, data: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
};

/** A Huffman table of class 0 (DC) or 1 (AC) with one code, a single zero bit, for `symbol`. */
const table = (kind: 0 | 1, symbol: number) =>
  segment(0xc4, Buffer.from([kind << 4, 1, ...Array.from({ length: 15 }, () => 0), symbol]));

function frame(width: number, height: number, components: readonly number[]): Buffer {
  const data = Buffer.from([8, 0, 0, 0, 0, components.length, ...components.flatMap((id) => [id, 0x11, 0])]);
  data.writeUInt16BE(height, 1);
  data.writeUInt16BE(width, 3);
  return segment(0xc2, data);
}

/** A scan of the coefficients `from`–`to`; `bits`: its entropy-coded data. */
function scan(components: readonly number[], from: number, to: number, bits: string): Buffer {
  const header = segment(0xda, Buffer.from([components.length, ...components.flatMap((id) => [id, 0]), from, to, 0]));
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2));
  return Buffer.concat([header, Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])))]);
}

/** Longest run of empty blocks that one symbol can tell: 2^14 of symbol 0xe0, and 14 bits more. */
const MAX_RUN = 32_767;

/**
 * A valid, grey progressive JPEG that is small as a file and dear to decode: each of its `scans` makes a
 * decoder pass over all of its blocks, with 75 bytes for 48 megapixels, and the coefficients of all components (default 1, at most 4) are held in memory.
 */
export function costlyJpeg(cost: { width: number; height: number; scans: number; components?: number }): Buffer {
  const { width, height, scans, components: count = 1 } = cost;
  const components = Array.from({ length: count }, (_none, index) => index + 1);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const emptyBlocks = `0${'1'.repeat(14)}`.repeat(Math.ceil(blocks / MAX_RUN));
  const pass = scan([1], 1, 63, emptyBlocks);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.from([0, ...Array.from({ length: 64 }, () => 1)])),
    frame(width, height, components),
    table(0, 0),
    table(1, 0xe0),
    scan(components, 0, 0, '0'.repeat(blocks * count)),
    ...Array.from({ length: scans }, () => pass),
    Buffer.from([0xff, 0xd9]),
  ]);
}
