import { describe, expect, it } from 'vitest';
import {
  type DecodeReply,
  type DecodeRequest,
  readReplies,
  readRequests,
  replyFrame,
  requestFrame,
} from './decoder-wire.ts';

const REQUEST: DecodeRequest = { width: 2, height: 3, fit: 'cover', maxPixels: 4 };
const REPLY: DecodeReply = { outcome: 'image', width: 2, height: 3, memoryKib: 4, body: Buffer.from('pixels') };
const NO_BODY: DecodeReply = { ...REPLY, outcome: 'unreadable', body: Buffer.alloc(0) };

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Bytes one by one, always in the same piece of memory: a list of pieces would hold the last one many times. */
async function* inOnePiece(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(1);
  for (const byte of bytes) {
    piece[0] = byte;
    yield piece;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('frames of the decoding process', () => {
  const replies = [REPLY, NO_BODY, { ...REPLY, body: Buffer.alloc(10_000, 'x') }, NO_BODY];
  const stream = Buffer.concat(replies.map(replyFrame));

  it.each([1, 2, 16, 17, 18, 24, 100, 5_000, 100_000])('are read from pieces of %d bytes', async (size) => {
    expect(await collect(readReplies(inPieces(stream, size), 10_000))).toEqual(replies);
    const image = Buffer.alloc(300, 'y');
    const requests = Buffer.concat([...requestFrame(REQUEST, image), ...requestFrame(REQUEST, Buffer.alloc(0))]);
    expect(await collect(readRequests(inPieces(requests, size)))).toEqual([
      { request: REQUEST, image },
      { request: REQUEST, image: Buffer.alloc(0) },
    ]);
  });

  it('are copied piece by piece as they come', async () => {
    expect(await collect(readReplies(inOnePiece(stream), 10_000))).toEqual(replies);
  });

  it('are refused by their declared size, before their body comes', async () => {
    const head = replyFrame({ ...REPLY, body: Buffer.alloc(10_001) }).subarray(0, 17);
    await expect(collect(readReplies(inPieces(head, 1), 10_000))).rejects.toThrow('larger than 10000');
  });
});
