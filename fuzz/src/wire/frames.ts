import { randomBytes } from 'node:crypto';
import type { RawFrame } from '../inputs/socket-messages.ts';

/** A frame's bytes (RFC 6455, 5.2). */
export function writeFrame({ opcode, isFinal, reserved, isMasked, payload }: RawFrame): Buffer {
  const bytes = Buffer.from(payload, 'latin1');
  const lengths =
    bytes.length < 126
      ? [bytes.length]
      : bytes.length < 65_536
        ? [126, bytes.length >> 8, bytes.length & 255]
        : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (bytes.length >> shift) & 255)];
  const [length = 0, ...more] = lengths;
  const mask = randomBytes(4);
  const head = [(isFinal ? 128 : 0) | (reserved << 4) | opcode, (isMasked ? 128 : 0) | length, ...more];
  if (!isMasked) return Buffer.concat([Buffer.from(head), bytes]);
  return Buffer.concat([Buffer.from(head), mask, bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** A frame of the server's. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes the server's complete frames off the beginning of `bytes`. */
export function readFrames(bytes: Buffer): { readonly frames: readonly ServerFrame[]; readonly rest: Buffer } {
  const frames: ServerFrame[] = [];
  let rest = bytes;
  for (;;) {
    if (rest.length < 2) return { frames, rest };
    const short = rest.readUInt8(1) & 127;
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (rest.length < headBytes) return { frames, rest };
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest.length < headBytes + length) return { frames, rest };
    frames.push({ opcode: rest.readUInt8(0) & 15, payload: rest.subarray(headBytes, headBytes + length) });
    rest = rest.subarray(headBytes + length);
  }
}
