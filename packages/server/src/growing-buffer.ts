/** First buffer where the number of bytes is unknown. */
const FIRST_BYTES = 4 * 1024;

/** The pieces of a body in one buffer. A list of pieces costs some 400 bytes for each of them, and they may be single bytes. */
export class GrowingBuffer {
  #bytes: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(0);
  #length = 0;
  /** Bytes that are expected in all; undefined: unknown. */
  readonly #expected: number | undefined;

  constructor(expected?: number) {
    this.#expected = expected;
  }

  get length(): number {
    return this.#length;
  }

  /** What was added so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) this.#grow(Math.max(needed, 2 * this.#bytes.length, FIRST_BYTES));
    this.#bytes.set(piece, this.#length);
    this.#length = needed;
  }

  /** What was added, without memory for more. The buffer is empty afterwards. */
  release(): Buffer<ArrayBuffer> {
    const released = Buffer.from(this.#bytes.buffer.transfer(this.#length));
    this.#bytes = Buffer.allocUnsafeSlow(0);
    this.#length = 0;
    return released;
  }

  #grow(size: number): void {
    // The system gives memory to a large buffer only where it is written to.
    const grown = Buffer.allocUnsafeSlow(Math.max(size, this.#expected ?? 0));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
