import { crc32, deflateSync } from 'node:zlib';
import type { EncodedImage } from '@darkroom/server/src/provider.ts';

const EDGE = 64;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG of one colour, 64 × 64 pixels. */
function png(red: number, green: number, blue: number): EncodedImage {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(EDGE, 0);
  header.writeUInt32BE(EDGE, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(EDGE * 3, Buffer.from([red, green, blue]))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: EDGE }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const bytes = [signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return { type: 'image/png', bytes: Buffer.concat(bytes) };
}

/** The preview of a step: a colour of its own. */
export function frame(step: number): EncodedImage {
  return png((40 + step * 37) % 256, 120, (200 + step * 53) % 256);
}

/** A finished picture: a colour of its own. */
export function picture(index: number): EncodedImage {
  return png(30, (180 + index * 41) % 256, 90);
}
