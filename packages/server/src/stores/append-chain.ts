import type { ProgressEvent } from '@darkroom/protocol';

/** An append that is on its way. */
export class Append {
  readonly seq: number;
  /** The append this one follows on, while that is on its way too. */
  #basis: Append | undefined;
  /** Whether it was written, as far as that is known. */
  written = false;

  constructor(seq: number, basis: Append | undefined) {
    this.seq = seq;
    this.#basis = basis;
  }

  /** False: what it follows on was not written, so it has nothing to stand on, whoever took that number meanwhile. */
  get stands(): boolean {
    return this.#basis?.written !== false;
  }

  /** Nobody asks any more. */
  forget(): void {
    this.#basis = undefined;
  }
}

/** Knows of each job's appends which one follows on which, for the time that they are on their way. */
export class AppendChains {
  readonly #newest = new Map<string, Append>();

  /** Runs `write`, which asks whether the append stands before it writes and says whether it was written. */
  async run<T>({ jobId, seq }: ProgressEvent, write: (append: Append) => Promise<T>): Promise<T> {
    const newest = this.#newest.get(jobId);
    const append = new Append(seq, newest?.seq === seq - 1 ? newest : undefined);
    this.#newest.set(jobId, append);
    try {
      return await write(append);
    } catch (thrown) {
      append.written = false;
      throw thrown;
    } finally {
      append.forget();
      if (this.#newest.get(jobId) === append) this.#newest.delete(jobId);
    }
  }
}
