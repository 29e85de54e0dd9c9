import { spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type DecodeReply, type DecodeRequest, readReplies, requestFrame } from './decoder-wire.ts';

const PROGRAM = fileURLToPath(new URL('./decode-images.ts', import.meta.url));
/** A result is at most 2048 × 2048 pixels of 16 bits in four channels. */
const MAX_REPLY_BYTES = 40 * 1024 * 1024;

/** What one image may cost. */
export interface DecodeCost {
  /** CPU time, in milliseconds. */
  readonly cpuMs: number;
  /** Memory of the whole process, in bytes. */
  readonly memoryBytes: number;
  /** Memory, in bytes, up to which the process decodes another one: what a large image leaves is not counted as the next's. */
  readonly keptBytes: number;
}

/** A process of `decode-images.ts`. It decodes one image at a time. */
export class DecoderProcess {
  /** Resolves with how the process ended. */
  readonly ended: Promise<string>;
  readonly #child;
  readonly #replies: AsyncGenerator<DecodeReply>;
  readonly #keptBytes: number;
  #isUsable = true;

  constructor({ cpuMs, memoryBytes, keptBytes }: DecodeCost) {
    this.#keptBytes = keptBytes;
    // Nothing of the server's environment: it holds keys and passwords.
    const cache = getCompileCacheDir();
    this.#child = spawn(process.execPath, [PROGRAM, String(cpuMs), String(memoryBytes)], {
      env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    const end = (how: string) => {
      this.#isUsable = false;
      resolve(how);
    };
    this.#child.on('error', (error) => end(`it could not be started: ${error.message}`));
    this.#child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    // A process that is gone does not read. Its exit reports that.
    this.#child.stdin.on('error', () => {});
    this.#replies = readReplies(this.#child.stdout, MAX_REPLY_BYTES);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it can be given an image: it runs, was not killed, and is not too large. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** The answer about an image; undefined if the process ended first, or answered with nonsense. */
  async decode(request: DecodeRequest, image: Uint8Array): Promise<DecodeReply | undefined> {
    this.#keepAlive(true);
    try {
      for (const piece of requestFrame(request, image)) this.#child.stdin.write(piece);
      const { value, done } = await this.#replies.next();
      if (done === true) return undefined;
      if (value.outcome === 'too-costly' || value.memoryKib * 1_024 > this.#keptBytes) this.#isUsable = false;
      return value;
    } catch {
      return undefined;
    } finally {
      this.#keepAlive(!this.#isUsable);
    }
  }

  kill(): void {
    this.#isUsable = false;
    this.#keepAlive(true);
    this.#child.kill('SIGKILL');
  }

  /** Whether the server's process stays alive for this one: only while it decodes, or is being ended. */
  #keepAlive(isNeeded: boolean): void {
    const { stdin, stdout } = this.#child;
    const handles = [this.#child, ...[stdin, stdout].filter((stream) => stream instanceof Socket)];
    for (const handle of handles) {
      if (isNeeded) handle.ref();
      else handle.unref();
    }
  }
}
