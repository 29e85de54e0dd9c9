/** What the server and its decoding process say to each other over two pipes: frames of a head and a body. */

import { GrowingBuffer } from '../growing-buffer.ts';

/** What is to be made of an image. */
export interface DecodeRequest {
  /** Size of the result in pixels. `inside`: at most, in the image's proportions, never larger than it is. `cover`: exactly, its middle. */
  readonly width: number;
  readonly height: number;
  readonly fit: 'inside' | 'cover';
  /** Images of more pixels are not decoded. */
  readonly maxPixels: number;
}

/** `too-costly`: it took more CPU time or memory than an image may. */
export const OUTCOMES = ['image', 'unreadable', 'too-large', 'too-costly'] as const;
export type DecodeOutcome = (typeof OUTCOMES)[number];

export interface DecodeReply {
  readonly outcome: DecodeOutcome;
  /** Size of the result in pixels; 0 unless there is one. */
  readonly width: number;
  readonly height: number;
  /** Memory of the process after it, in KiB. */
  readonly memoryKib: number;
  /** The result as PNG, or what libvips has to say. */
  readonly body: Buffer;
}

const FITS = ['inside', 'cover'] as const;
const REQUEST_HEAD_BYTES = 17;
const REPLY_HEAD_BYTES = 17;

/** The frame of a request, in two pieces: the image is not copied. */
export function requestFrame({ width, height, fit, maxPixels }: DecodeRequest, image: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(REQUEST_HEAD_BYTES);
  head.writeUInt32BE(image.byteLength);
  head.writeUInt32BE(width, 4);
  head.writeUInt32BE(height, 8);
  head.writeUInt32BE(maxPixels, 12);
  head.writeUInt8(FITS.indexOf(fit), 16);
  return [head, image];
}

/** Requests, in order, until the stream ends. */
export async function* readRequests(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly request: DecodeRequest; readonly image: Buffer }> {
  for await (const { head, body } of readFrames(stream, REQUEST_HEAD_BYTES, Number.POSITIVE_INFINITY)) {
    const fit = FITS[head.readUInt8(16)] ?? 'inside';
    const [width, height, maxPixels] = [head.readUInt32BE(4), head.readUInt32BE(8), head.readUInt32BE(12)];
    yield { request: { width, height, fit, maxPixels }, image: body };
  }
}

export function replyFrame({ outcome, width, height, memoryKib, body }: DecodeReply): Buffer {
  const head = Buffer.alloc(REPLY_HEAD_BYTES);
  head.writeUInt32BE(body.length);
  head.writeUInt32BE(width, 4);
  head.writeUInt32BE(height, 8);
  head.writeUInt32BE(memoryKib, 12);
  head.writeUInt8(OUTCOMES.indexOf(outcome), 16);
  return Buffer.concat([head, body]);
}

/** Replies, in order, until the stream ends. Throws at a body of more than `maxBytes`, and at an unknown outcome. */
export async function* readReplies(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<DecodeReply> {
  for await (const { head, body } of readFrames(stream, REPLY_HEAD_BYTES, maxBytes)) {
    const outcome = OUTCOMES[head.readUInt8(16)];
    if (outcome === undefined) throw new Error('the decoding process sent an unknown outcome');
    const [width, height, memoryKib] = [head.readUInt32BE(4), head.readUInt32BE(8), head.readUInt32BE(12)];
    yield { outcome, width, height, memoryKib, body };
  }
}

/** Frames of a head of `headBytes`, which begins with the body's length. */
async function* readFrames(
  stream: AsyncIterable<Uint8Array>,
  headBytes: number,
  maxBytes: number,
): AsyncGenerator<{ readonly head: Buffer; readonly body: Buffer }> {
  let frame = new PartialFrame(headBytes, maxBytes);
  for await (const chunk of stream) {
    for (let rest = chunk; rest.length > 0; ) {
      rest = frame.add(rest);
      if (!frame.isWhole) continue;
      yield frame;
      frame = new PartialFrame(headBytes, maxBytes);
    }
  }
}

/** A frame that is being received. */
class PartialFrame {
  readonly #headBytes: number;
  readonly #maxBytes: number;
  readonly #head: GrowingBuffer;
  /** Undefined until the head is whole. */
  #body: GrowingBuffer | undefined;
  #bodyBytes = 0;

  constructor(headBytes: number, maxBytes: number) {
    this.#headBytes = headBytes;
    this.#maxBytes = maxBytes;
    this.#head = new GrowingBuffer(headBytes);
  }

  get isWhole(): boolean {
    return this.#body?.length === this.#bodyBytes;
  }

  get head(): Buffer {
    return this.#head.bytes;
  }

  get body(): Buffer {
    return this.#body?.bytes ?? Buffer.alloc(0);
  }

  /** Adds what belongs to this frame, and returns the bytes after that. Throws if the frame is too large. */
  add(bytes: Uint8Array): Uint8Array {
    if (this.#body !== undefined) return addUpTo(this.#bodyBytes, this.#body, bytes);
    const rest = addUpTo(this.#headBytes, this.#head, bytes);
    if (this.#head.length === this.#headBytes) {
      this.#bodyBytes = this.head.readUInt32BE(0);
      if (this.#bodyBytes > this.#maxBytes)
        throw new Error(`a frame of ${this.#bodyBytes} bytes is larger than ${this.#maxBytes}`);
      this.#body = new GrowingBuffer(this.#bodyBytes);
    }
    return rest;
  }
}

/** Fills the buffer up to `length`, and returns the bytes that are left over. */
function addUpTo(length: number, buffer: GrowingBuffer, bytes: Uint8Array): Uint8Array {
  const missing = length - buffer.length;
  buffer.add(bytes.subarray(0, missing));
  return bytes.subarray(missing);
}
