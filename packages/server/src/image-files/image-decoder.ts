import type { Clock } from '../clock.ts';
import { type Entrant, Gate } from '../gate.ts';
import { type DecodeCost, DecoderProcess } from './decoder-process.ts';
import type { DecodeOutcome, DecodeReply, DecodeRequest } from './decoder-wire.ts';
import { readImageHeader } from './image-header.ts';

/** What came of an image. The reasons are those of `DecodeOutcome`; `detail` is for the server's log. */
export type Decoded =
  | { readonly ok: true; readonly png: Uint8Array; readonly width: number; readonly height: number }
  | { readonly ok: false; readonly reason: Exclude<DecodeOutcome, 'image'>; readonly detail: string };

export interface ImageDecoderOptions {
  readonly clock: Clock;
  /** Default: `DECODE_COST`. */
  readonly cost?: DecodeCost | undefined;
  /** Receives how a decoding process ended that no limit ended: by a fault in a decoder. Default: ignored. */
  readonly onCrash?: (how: string) => void;
}

const MIB = 1024 * 1024;

/**
 * What one image may cost by default. Photographs of 50 megapixels take up to 1.5 s and 350 MB; slower machines need up to
 * ten times the time.
 */
export const DECODE_COST: DecodeCost = { cpuMs: 15_000, memoryBytes: 512 * MIB, keptBytes: 200 * MIB };

/** Images decoded at once, each in a process of its own; one client has all of them but one. */
const SLOTS = 2;
/** How long a process may take in all, in milliseconds: on a busy machine far more than its CPU time. */
const MAX_WAIT_MS = 60_000;
/** How long an idle process is kept for the next image, in milliseconds. */
const IDLE_MS = 30_000;

/** Decodes images that clients have sent, in processes of their own that start with the first image and end when idle. */
export class ImageDecoder {
  readonly #options: ImageDecoderOptions;
  readonly #gate = new Gate({ slots: SLOTS, slotsPerClient: SLOTS - 1 });
  readonly #processes = new Set<DecoderProcess>();
  /** Processes that wait for an image, each with what ends its idle time. */
  readonly #idle = new Map<DecoderProcess, () => void>();
  #isClosed = false;

  constructor(options: ImageDecoderOptions) {
    this.#options = options;
  }

  /** Ids of its processes at the moment. */
  get pids(): readonly number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /** The first frame of an image as an upright PNG of another size, without metadata. Throws the reason of the entrant's signal. */
  decode(image: Uint8Array, request: DecodeRequest, entrant: Entrant = {}): Promise<Decoded> {
    return this.#gate.pass(() => this.#decodeNow(image, request, entrant.signal), entrant);
  }

  /** Ends every process. What is being decoded is given up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const undo of this.#idle.values()) undo();
    for (const process of this.#processes) process.kill();
    await Promise.all([...this.#processes].map(({ ended }) => ended));
  }

  async #decodeNow(image: Uint8Array, request: DecodeRequest, signal: AbortSignal | undefined): Promise<Decoded> {
    signal?.throwIfAborted();
    const process = this.#takeProcess();
    let isLate = false;
    const kill = () => process.kill();
    const undoLimit = this.#options.clock.after(MAX_WAIT_MS, () => {
      isLate = true;
      process.kill();
    });
    signal?.addEventListener('abort', kill, { once: true });
    try {
      const decoded = toDecoded(await process.decode(request, image), request);
      signal?.throwIfAborted();
      if (decoded !== undefined) return decoded;
      if (isLate) return { ok: false, reason: 'too-costly', detail: `it took longer than ${MAX_WAIT_MS} ms` };
      return await this.#afterCrash(process);
    } finally {
      undoLimit();
      signal?.removeEventListener('abort', kill);
      this.#putBack(process);
    }
  }

  #takeProcess(): DecoderProcess {
    if (this.#isClosed) throw new Error('the decoder is closed');
    for (const [process, undo] of this.#idle) {
      this.#idle.delete(process);
      undo();
      if (process.isUsable) return process;
    }
    const process = new DecoderProcess(this.#options.cost ?? DECODE_COST);
    this.#processes.add(process);
    void process.ended.then(() => this.#processes.delete(process));
    return process;
  }

  #putBack(process: DecoderProcess): void {
    if (!process.isUsable || this.#isClosed) return process.kill();
    this.#idle.set(
      process,
      this.#options.clock.after(IDLE_MS, () => {
        this.#idle.delete(process);
        process.kill();
      }),
    );
  }

  /** The process ended, or answered with nonsense, without a limit to blame: the file has hit a fault in a decoder. */
  async #afterCrash(process: DecoderProcess): Promise<Decoded> {
    process.kill();
    const how = await process.ended;
    if (this.#isClosed) throw new Error('the decoder was closed');
    if (process.pid === undefined) throw new Error(`an image could not be decoded: ${how}`);
    this.#options.onCrash?.(how);
    return { ok: false, reason: 'unreadable', detail: `the decoding process ended: ${how}` };
  }
}

/** A reply as what it means; undefined if it is none, or holds no image such as was asked for. */
function toDecoded(reply: DecodeReply | undefined, request: DecodeRequest): Decoded | undefined {
  if (reply === undefined) return undefined;
  const { outcome, width, height, body } = reply;
  if (outcome !== 'image') return { ok: false, reason: outcome, detail: body.toString() };
  const header = readImageHeader(body);
  const isSame = header?.type === 'image/png' && header.width === width && header.height === height;
  return isSame && width <= request.width && height <= request.height
    ? { ok: true, png: body, width, height }
    : undefined;
}
