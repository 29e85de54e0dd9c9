import type { StepGate } from '../step-gate.ts';

/** Steps a picture takes; the service itself tells none. */
const STEPS = 8;

/** What happens while a picture is made. Nobody listening does not stop it. */
export interface WorkOrder {
  readonly prompt: string;
  /** Kept before its first step until `release`. */
  readonly held: boolean;
  /** Partial pictures, evenly between the steps. */
  readonly partials: number;
  /** With the 0-based index of the partial picture, and how far it has come (0–1). */
  readonly onPartial: (index: number, share: number) => Promise<void>;
  /** When half of the steps are done. */
  readonly onMiddle: () => void;
}

/** The images in progress, at most `lanes` at once. */
export class ImageWorks {
  alive = 0;
  mostRunning = 0;
  /** The most works of the same prompt that were there at once. */
  mostAliveOfOnePrompt = 0;
  readonly #aliveByPrompt = new Map<string, number>();
  readonly #steps: StepGate;
  readonly #lanes: number;
  #running = 0;
  #held = Promise.withResolvers<void>();
  #life = new AbortController();
  #freed = Promise.withResolvers<void>();

  constructor(steps: StepGate, lanes: number) {
    this.#steps = steps;
    this.#lanes = lanes;
  }

  /** Works one off. Throws if the process dies meanwhile. */
  async run(order: WorkOrder): Promise<void> {
    const life = this.#life.signal;
    await this.#alive(order.prompt, async () => {
      if (order.held) await this.#held.promise;
      while (!life.aborted && this.#running >= this.#lanes) await this.#freed.promise;
      life.throwIfAborted();
      this.#running += 1;
      this.mostRunning = Math.max(this.mostRunning, this.#running);
      try {
        await this.#make(order, life);
      } finally {
        this.#running -= 1;
        this.#free();
      }
    });
  }

  /** Is there and does nothing, until `ended` (its client went away) or the process dies. */
  async idle(prompt: string, ended: Promise<unknown>): Promise<void> {
    const died = new Promise((resolve) => this.#life.signal.addEventListener('abort', resolve, { once: true }));
    await this.#alive(prompt, () => Promise.race([ended, died]));
  }

  release(): void {
    this.#held.resolve();
    this.#held = Promise.withResolvers();
  }

  /** The process dies: every work with it. */
  die(): void {
    this.#life.abort(new Error('the process has died'));
    this.#life = new AbortController();
    this.release();
    this.#free();
  }

  async #alive(prompt: string, life: () => Promise<unknown>): Promise<void> {
    this.#count(prompt, 1);
    try {
      await life();
    } finally {
      this.#count(prompt, -1);
    }
  }

  #count(prompt: string, change: 1 | -1): void {
    this.alive += change;
    const ofPrompt = (this.#aliveByPrompt.get(prompt) ?? 0) + change;
    if (ofPrompt === 0) this.#aliveByPrompt.delete(prompt);
    else this.#aliveByPrompt.set(prompt, ofPrompt);
    this.mostAliveOfOnePrompt = Math.max(this.mostAliveOfOnePrompt, ofPrompt);
  }

  #free(): void {
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
  }

  async #make({ partials, onPartial, onMiddle }: WorkOrder, signal: AbortSignal): Promise<void> {
    for (let step = 1, partial = 0; step <= STEPS; step++) {
      await this.#steps.next(signal);
      signal.throwIfAborted();
      for (; partial < partials && step / STEPS >= (partial + 1) / (partials + 1); partial++)
        await onPartial(partial, step / STEPS);
      if (step === STEPS / 2) onMiddle();
    }
  }
}
