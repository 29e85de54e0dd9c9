import { LIMITS } from '@darkroom/protocol';
import type { Clock } from '../clock.ts';
import type { EncodedImage } from '../provider.ts';
import { pause } from './pause.ts';

/** How far a picture is, and what it looks like. */
export interface Progress {
  /** Missing: as before. */
  readonly percent?: number;
  readonly step?: number;
  readonly steps?: number;
  preview?: EncodedImage;
}

export interface StepWriterOptions {
  readonly clock: Clock;
  /** Aborted: nothing more is written. */
  readonly signal: AbortSignal;
  readonly write: (progress: Progress) => Promise<void>;
  /** A write failed; none follows until the next step. */
  readonly onFault: (thrown: unknown) => void;
}

const MIN_STEP_MS = 1_000 / LIMITS.progressEventsPerSecond;

/** Writes steps one at a time, at most so many a second (rule E2): a newer one takes the place of one that waits. */
export class StepWriter {
  readonly #options: StepWriterOptions;
  #pending: Progress | undefined;
  #writing: Promise<void> | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(options: StepWriterOptions) {
    this.#options = options;
  }

  /** A preview that waits stays: it is the newest there is until the step's own follows. */
  progress(progress: Progress): void {
    const preview = this.#pending?.preview;
    this.#pending = preview === undefined ? { ...progress } : { ...progress, preview };
    this.#writing ??= this.#writeAll();
  }

  /** Of the step before it, if that is not written yet; else by itself. */
  preview(image: EncodedImage): void {
    this.#pending ??= {};
    this.#pending.preview = image;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when every step so far is written, or nothing more can be. */
  async drain(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { clock, signal, onFault } = this.#options;
    try {
      // A step's preview follows it in the same turn: both belong in one event.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#pending !== undefined && !signal.aborted) {
        await pause(clock, this.#lastAt + MIN_STEP_MS - clock.now(), signal);
        await this.#writeOne();
      }
    } catch (thrown) {
      onFault(thrown);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeOne(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined || this.#options.signal.aborted) return;
    this.#pending = undefined;
    this.#lastAt = this.#options.clock.now();
    await this.#options.write(pending);
  }
}
