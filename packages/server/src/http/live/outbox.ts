import type { TransportCounts } from './live-counts.ts';
import type { LiveSink } from './live-sink.ts';

/** Memory that a queued message costs besides its bytes, roughly; it counts as queued, too. */
const MESSAGE_OVERHEAD_BYTES = 256;

/** What one connection sends: messages are queued, leave together in one write, and wait in the sink for the network. */
export class Outbox {
  readonly #sink: LiveSink;
  readonly #counts: TransportCounts;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Bytes written since the connection began. */
  #writtenBytes = 0;
  /** The network had not taken all when last written to. */
  #isBehind = false;
  /** Written bytes that the network had taken when that was last looked at. */
  #takenBytes = 0;
  /** When that was first seen while others waited (ms); undefined: none waited. */
  #stuckSince: number | undefined;

  constructor(sink: LiveSink, counts: TransportCounts) {
    this.#sink = sink;
    this.#counts = counts;
  }

  /** Memory that queued messages take, in bytes. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The network had not taken all when last written to. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Bytes written that the network has not taken. */
  get waitingBytes(): number {
    return this.#isBehind ? this.#sink.bufferedBytes : 0;
  }

  put(bytes: Buffer): void {
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length + MESSAGE_OVERHEAD_BYTES;
  }

  /** Writes what is queued. */
  flush(): void {
    const last = this.#queue.pop();
    if (last === undefined) return;
    const counts = this.#counts;
    counts.messages += this.#queue.length + 1;
    const bytes = this.#queue.length === 0 ? last : Buffer.concat([...this.#queue.splice(0), last]);
    this.#queuedBytes = 0;
    counts.writes++;
    counts.bytes += bytes.length;
    this.#writtenBytes += bytes.length;
    if (!this.#sink.write(bytes)) this.#isBehind = true;
  }

  /** The network took what waited. */
  drained(): void {
    this.#isBehind = false;
  }

  /** How long the network has taken none of the bytes that wait (ms), as far as the looks at it show; 0: none waits (rule B2). */
  stalledMs(now: number): number {
    const unsent = this.#sink.bufferedBytes;
    const taken = this.#writtenBytes - unsent;
    if (unsent === 0) this.#stuckSince = undefined;
    else if (this.#stuckSince === undefined || taken > this.#takenBytes) this.#stuckSince = now;
    this.#takenBytes = taken;
    return this.#stuckSince === undefined ? 0 : now - this.#stuckSince;
  }
}
